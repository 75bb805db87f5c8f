// One simulated member: when they come, what they look at and choose, how they like it, and when
// they leave. Every number is a key of configs/simulation_config.h, which says where it is from.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "policy/simulation/population.h"
#include "serving/pages/page_answer.h"
#include "serving/store/user_event.h"

namespace marquee::policy {

// What is counted of a member.
struct Activity {
  int64_t visits = 0, watches = 0;
  int64_t from_pages = 0;  // watches of titles that a page showed
  int64_t completed = 0;
  double hours = 0;
  double shares = 0;        // watched, summed over watches
  int64_t new_watches = 0;  // of titles that were released while members were simulated
  // Titles of pages after the first, and of those the ones that the page before did not have.
  int64_t later_titles = 0, changed_titles = 0;
  double novelty = 0;  // bits, -log2 of a title's share of all earlier watches, summed over them
  std::unordered_set<int> genres;
};

// Of one visit.
struct Visit {
  std::vector<serving::UserEvent> events;
  std::vector<double> event_hours;  // [events]
  int64_t watches = 0;
  double hours = 0;
  std::vector<int32_t> released_shown = {};  // titles of the page that were released
  double novelty = 0;                        // of the watches, summed, in bits
  std::vector<int> genres = {};              // main genre of each watch
};

class Member {
 public:
  // All of them must outlive this. `novelty`: of each title of the world, in bits.
  Member(const Population& population, const Person& person, const configs::MemberConfig& config,
         const std::vector<double>& novelty, uint64_t seed);

  const Person& person() const { return person_; }
  const std::string& id() const { return id_; }

  // Whether they come on a day, and at what time (Unix seconds); -1: they do not. Days count from
  // 0, at the end of the world's data.
  int64_t visit_time(int day);

  // What they do with a page at that time. Pages leave out titles that were watched.
  Visit visit(const serving::PageAnswer& page, int day, int64_t time);

  // After a day: whether they cancel.
  bool cancels(int day);

  double satisfaction() const { return satisfaction_; }
  Activity activity;

 private:
  struct Looked {
    int32_t title;
    double utility;
  };

  std::vector<Looked> look_at(const serving::PageAnswer& page, int day);
  double utility(int32_t title) const;
  std::vector<int32_t> titles_on(const serving::PageAnswer& page) const;
  void compare_with_last(std::vector<int32_t> titles);
  int32_t choose(std::vector<Looked>& looked);
  int32_t search(int64_t time);
  double watch(int32_t title, int64_t& time, const std::string& request, Visit& visit);
  void fade_sameness(int day);

  const Population& population_;
  const Person& person_;
  const configs::MemberConfig& config_;
  const std::vector<double>& novelty_;
  const std::string id_;
  RandomStream random_;
  double satisfaction_ = 0.5, trust_ = 0.5;
  std::vector<double> sameness_;  // by genre
  int sameness_day_ = 0, last_visit_ = -1;
  std::unordered_set<int32_t> seen_;
  std::vector<int32_t> last_page_;           // its titles, ascending
  std::unordered_map<int32_t, int> passed_;  // how often a title was looked at and not chosen
  int64_t events_ = 0;
};

}  // namespace marquee::policy
