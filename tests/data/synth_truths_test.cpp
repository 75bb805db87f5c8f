// The planted truths of docs/synthetic.md, measured in the files as they were written.
#include <gtest/gtest.h>
#include <unistd.h>

#include <ctime>
#include <functional>
#include <memory>

#include "core/progress.h"
#include "data/synth.h"
#include "tests/data/synth_service.h"

namespace marquee::data {
namespace {

namespace fs = std::filesystem;

// One service with order and the same one without, written once for all tests.
class SynthTruths : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    Progress::set_quiet(true);
    fs::remove_all(root());
    fs::create_directories(root());
    synthesise(medium_service(root() / "ordered"));
    SynthOptions unordered = medium_service(root() / "unordered");
    unordered.ordered = false;
    synthesise(unordered);
    ordered_ = std::make_unique<Service>(root() / "ordered");
    unordered_ = std::make_unique<Service>(root() / "unordered");
  }
  static void TearDownTestSuite() {
    ordered_.reset();
    unordered_.reset();
    fs::remove_all(root());
  }
  static fs::path root() {
    return fs::path(testing::TempDir()) / ("marquee_synth_truths_" + std::to_string(getpid()));
  }

  static std::unique_ptr<Service> ordered_, unordered_;
};
std::unique_ptr<Service> SynthTruths::ordered_, SynthTruths::unordered_;

TEST_F(SynthTruths, AFewTitlesDrawMostWatches) {
  std::map<std::string, int64_t> counts;
  for (const auto& [user, watches] : ordered_->watched) {
    for (const Watch& watch : watches) ++counts[watch.title];
  }
  std::vector<int64_t> sorted(800);
  std::transform(counts.begin(), counts.end(), sorted.begin(), [](auto& c) { return c.second; });
  std::sort(sorted.begin(), sorted.end(), std::greater<>());
  const auto of_all = [&](int from, int to) {
    return static_cast<double>(std::accumulate(sorted.begin() + from, sorted.begin() + to, 0L)) /
           70'000;
  };
  EXPECT_GT(of_all(0, 80), 0.25);
  EXPECT_LT(of_all(400, 800), 0.2);
}

TEST_F(SynthTruths, UsersKeepToTheirGenresAndActors) {
  for (const std::string column : {"genres", "actors"}) {
    std::map<std::string, double> overall;  // share of all watches by genre or actor
    for (const auto& [user, watches] : ordered_->watched) {
      for (const Watch& watch : watches) {
        for (const auto& value : ordered_->values(watch.title, column)) overall[value] += 1 / 7e4;
      }
    }
    double found = 0, by_chance = 0;
    for (const auto& [user, watches] : ordered_->watched) {
      const std::string favourite = split(ordered_->user_truth[user].at(column), '|').front();
      for (const Watch& watch : watches) {
        found += static_cast<double>(ordered_->values(watch.title, column).count(favourite));
        by_chance += overall[favourite];
      }
    }
    EXPECT_GT(found, 1.7 * by_chance) << column;
  }
}

TEST_F(SynthTruths, TitlesThatShareAnActorAreSimilar) {
  std::map<std::string, std::vector<std::string>> by_actor;
  std::vector<std::string> alone;  // one part a franchise, whose parts are all similar
  for (const auto& [id, row] : ordered_->title_truth) {
    if (row.at("part") == "1") alone.push_back(id);
  }
  for (const std::string& id : alone) {
    for (const auto& actor : ordered_->values(id, "actors")) by_actor[actor].push_back(id);
  }
  std::vector<double> sharing, any;
  for (const auto& [actor, ids] : by_actor) {
    for (size_t i = 1; i < ids.size(); ++i) {
      sharing.push_back(cosine(ordered_->taste(ids[i - 1]), ordered_->taste(ids[i])));
    }
  }
  for (size_t i = 1; i < alone.size(); ++i) {
    any.push_back(cosine(ordered_->taste(alone[i - 1]), ordered_->taste(alone[i])));
  }
  EXPECT_GT(mean(sharing), mean(any) + 0.2);
}

// The share of watches with a next part that are followed by it at once.
double share_followed_by_next_part(const Service& service) {
  double followed = 0, all = 0;
  for (const auto& [user, watches] : service.watched) {
    for (size_t i = 0; i + 1 < watches.size(); ++i) {
      const std::string next = service.next_part(watches[i].title);
      if (next.empty()) continue;
      ++all;
      if (watches[i + 1].title == next) ++followed;
    }
  }
  return followed / all;
}

TEST_F(SynthTruths, NextPartsFollowAtOnce) {
  EXPECT_GT(share_followed_by_next_part(*ordered_), 0.4);
  EXPECT_LT(share_followed_by_next_part(*unordered_), 0.1);
}

// The share of watches that are followed at once by one of the titles lined up after them.
double share_followed_by_lined_up(const Service& service) {
  double followed = 0, all = 0;
  for (const auto& [user, watches] : service.watched) {
    for (size_t i = 0; i + 1 < watches.size(); ++i, ++all) {
      const auto line = split(service.title_truth.at(watches[i].title).at("lined_up"), '|');
      followed += static_cast<double>(std::count(line.begin(), line.end(), watches[i + 1].title));
    }
  }
  return followed / all;
}

TEST_F(SynthTruths, UsersTakeWhatIsLinedUp) {
  EXPECT_GT(share_followed_by_lined_up(*ordered_), 2.5 * share_followed_by_lined_up(*unordered_));
}

TEST_F(SynthTruths, WithoutOrderTheSameIsWatchedAtTheSameTimes) {
  for (auto& [user, watches] : ordered_->watched) {
    std::multiset<std::string> titles, others;
    const auto& shuffled = unordered_->watched[user];
    ASSERT_EQ(watches.size(), shuffled.size());
    for (size_t i = 0; i < watches.size(); ++i) {
      EXPECT_EQ(watches[i].time, shuffled[i].time);
      titles.insert(watches[i].title);
      others.insert(shuffled[i].title);
    }
    EXPECT_EQ(titles, others);
  }
}

// Watches in one session share a genre, an actor or the studio more often than those across two.
TEST_F(SynthTruths, SessionsHaveAMood) {
  constexpr int64_t kPause = 2 * 60 * 60;  // between sessions, after the last title's end
  double within = 0, within_shared = 0, across = 0, across_shared = 0;
  for (const auto& [user, watches] : ordered_->watched) {
    for (size_t i = 1; i < watches.size(); ++i) {
      ASSERT_GT(watches[i].time, watches[i - 1].time);
      bool shared = false;
      for (const std::string column : {"genres", "actors", "studios"}) {
        for (const auto& value : ordered_->values(watches[i].title, column)) {
          shared |= ordered_->values(watches[i - 1].title, column).count(value) > 0;
        }
      }
      const bool together = watches[i].time - watches[i - 1].time < kPause + 30 * 60;
      (together ? within : across) += 1;
      (together ? within_shared : across_shared) += shared ? 1 : 0;
    }
  }
  const double mean_session = (within + across) / across;
  EXPECT_GT(mean_session, 2.5);
  EXPECT_LT(mean_session, 5);
  EXPECT_GT(within_shared / within, across_shared / across + 0.15);
}

TEST_F(SynthTruths, NothingIsWatchedWhileItIsUnavailable) {
  const auto seconds = [](const std::string& date, int64_t otherwise) -> int64_t {
    if (date.empty()) return otherwise;
    std::tm parts{};
    EXPECT_NE(strptime(date.c_str(), "%Y-%m-%d", &parts), nullptr) << date;
    return timegm(&parts);
  };
  int64_t limited = 0;
  for (const Service* service : {ordered_.get(), unordered_.get()}) {
    for (const auto& [user, watches] : service->watched) {
      const std::string& region = service->users.at(user).at("region");
      for (const Watch& watch : watches) {
        const Row& title = service->titles.at(watch.title);
        EXPECT_GE(watch.time, seconds(title.at("available_from"), 0));
        EXPECT_LT(watch.time, seconds(title.at("available_until"), INT64_MAX));
        limited += title.at("available_from").empty() ? 0 : 1;
        if (title.at("regions").empty()) continue;
        EXPECT_EQ(service->values(watch.title, "regions").count(region), 1U);
      }
    }
  }
  EXPECT_GT(limited, 1'000) << "new titles arrive and are watched";
}

TEST_F(SynthTruths, RatingsCarryTheBiasesOfUsersAndTitles) {
  std::map<std::string, std::vector<double>> by_user, by_title;
  for (const auto& [user, watches] : ordered_->watched) {
    for (const Watch& watch : watches) {
      if (watch.event == "play") {
        EXPECT_TRUE(watch.value > 0 && watch.value <= 1) << watch.value;
      }
      if (watch.event != "rating") continue;
      EXPECT_TRUE(watch.value >= 0.5 && watch.value <= 5) << watch.value;
      EXPECT_EQ(2 * watch.value, std::round(2 * watch.value));
      by_user[user].push_back(watch.value);
      by_title[watch.title].push_back(watch.value);
    }
  }
  const auto agreement = [](const auto& ratings, std::map<std::string, Row>& truth) {
    std::vector<double> planted, found;
    for (const auto& [id, values] : ratings) {
      if (values.size() < 10) continue;
      planted.push_back(std::stod(truth[id].at("stars_bias")));
      found.push_back(mean(values));
    }
    return correlation(planted, found);
  };
  EXPECT_GT(agreement(by_user, ordered_->user_truth), 0.7);
  EXPECT_GT(agreement(by_title, ordered_->title_truth), 0.7);
}

TEST_F(SynthTruths, GroupsDifferInActivity) {
  const auto typical = [&](const std::string& column, const std::string& group) {
    std::vector<double> counts;
    for (const auto& [user, row] : ordered_->users) {
      if (row.at(column) != group) continue;
      counts.push_back(static_cast<double>(ordered_->watched[user].size()));
    }
    std::nth_element(counts.begin(), counts.begin() + std::ssize(counts) / 2, counts.end());
    return counts[counts.size() / 2];
  };
  EXPECT_GT(typical("plan", "premium"), 1.8 * typical("plan", "basic"));
  EXPECT_GT(typical("age_group", "18-24"), 1.4 * typical("age_group", "60+"));
}

// The mean taste of what is watched in each quarter of a user's time moves away from the first.
TEST_F(SynthTruths, TastesDrift) {
  std::vector<double> adjacent, far;
  for (const auto& [user, watches] : ordered_->watched) {
    const size_t quarter = watches.size() / 4;
    if (quarter < 15 || watches.back().time - watches.front().time < 2 * 365 * 86'400) continue;
    std::vector<std::vector<double>> tastes(4, std::vector<double>(16));
    for (size_t i = 0; i < 4 * quarter; ++i) {
      const std::vector<double> taste = ordered_->taste(watches[i].title);
      for (size_t j = 0; j < taste.size(); ++j) tastes[i / quarter][j] += taste[j];
    }
    for (size_t i = 1; i < 4; ++i) adjacent.push_back(cosine(tastes[i - 1], tastes[i]));
    far.push_back(cosine(tastes[0], tastes[3]));
  }
  ASSERT_GT(far.size(), 50);
  EXPECT_LT(mean(far), mean(adjacent) - 0.05);
}

}  // namespace
}  // namespace marquee::data
