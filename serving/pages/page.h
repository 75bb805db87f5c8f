// A user's home page: rows of titles, each title with a reason, no title twice.
#pragma once

#include <array>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <unordered_set>
#include <vector>

#include "configs/server_config.h"
#include "inference/runner.h"
#include "serving/pages/page_answer.h"
#include "serving/pages/recent_pages.h"
#include "serving/pages/row_policy.h"
#include "serving/pages/similar_titles.h"
#include "serving/pages/title_trials.h"

namespace marquee::serving {

using configs::PageConfig;

// What pages depend on beside the model and the rules.
struct PageSources {
  std::shared_ptr<const RowPolicy> policy = nullptr;    // null: rows come in their usual order
  std::shared_ptr<const RecentPages> recent = nullptr;  // null: nothing is known of earlier pages
  std::shared_ptr<const TitleTrials> trials = nullptr;  // null: no titles are tried
};

// Safe to use from several threads.
class Pager {
 public:
  // The runner must outlive this.
  Pager(const inference::Runner& runner, const PageConfig& rules, PageSources sources = {});

  // Pages of several users in one pass over the model. Ignores k and include_seen of the requests.
  std::vector<inference::Result<PageAnswer>> pages(
      std::span<const inference::Request> requests) const;

  // The page if the model has no time: the most popular of the eligible titles, marked as degraded.
  // Throws the request's Error.
  PageAnswer popular(const inference::Request& request) const;

  const inference::Runner& runner() const { return runner_; }
  const PageConfig& rules() const { return rules_; }
  const RowPolicy* policy() const { return sources_.policy.get(); }
  // Titles that the user saw too often to see them first again (page.repeat_pages).
  std::unordered_set<TitleKey> repeated(const inference::Request& request) const;
  // The first titles of the user's last page, which rows are to differ from (diversity.recent).
  std::vector<uint32_t> recent(const inference::Request& request,
                               const inference::Diversity& diversity) const;
  const SimilarTitles& similar() const { return similar_; }
  const std::vector<uint32_t>& new_titles() const { return new_titles_; }
  // Titles with fewer watches in the training data, and of those that came of trying them, than
  // make them known, the newest first.
  std::shared_ptr<const std::vector<uint32_t>> little_known() const;
  const TitleTrials* trials() const { return sources_.trials.get(); }
  // All titles of a genre, an actor, ..., ascending.
  const std::vector<uint32_t>& titles_with(data::Feature feature, uint32_t name) const {
    return titles_with_[static_cast<size_t>(feature)][name];
  }

 private:
  void find_little_known();

  const inference::Runner& runner_;
  const PageConfig rules_;
  const PageSources sources_;
  const SimilarTitles similar_;
  std::vector<uint32_t> new_titles_;    // of the newest years
  std::vector<uint32_t> little_known_;  // by the training data
  std::vector<TitleKey> little_known_keys_;
  std::unordered_map<TitleKey, uint32_t> by_key_;  // where lists are to differ from recent ones
  // little_known() as of a version of the trials, since pages outnumber what is learned.
  mutable std::mutex left_mutex_;
  mutable uint64_t left_version_ = 0;
  mutable std::shared_ptr<const std::vector<uint32_t>> left_;
  std::array<std::vector<std::vector<uint32_t>>, data::kFeatures> titles_with_;
};

}  // namespace marquee::serving
