#include "evaluation/leakage.h"

#include <algorithm>
#include <limits>

#include "core/text.h"

namespace marquee::evaluation {

namespace {

constexpr int64_t kNever = std::numeric_limits<int64_t>::min();

// Time of the newest event in the history.
int64_t newest_in_history(const data::History& events) {
  int64_t newest = kNever;
  for (int64_t i = 0; i < events.size(); ++i) {
    if (events.parts[i] != data::Part::kTest) newest = std::max(newest, events.times[i]);
  }
  return newest;
}

std::string share_text(double share) { return share < 0.001 ? "under 0.1" : fixed(100 * share, 1); }

}  // namespace

Leakage find_leakage(const data::Dataset& dataset, const TestUsers& test_users) {
  Leakage leakage;
  leakage.targets = static_cast<int64_t>(test_users.targets.size());
  for (int64_t test_user = 0; test_user < test_users.size(); ++test_user) {
    const int64_t newest = newest_in_history(dataset.history(test_users.users[test_user]));
    for (const int64_t time : test_users.of(test_user, test_users.times)) {
      leakage.before_own_history += time < newest;
    }
  }
  std::vector<int64_t> times = test_users.times;
  std::sort(times.begin(), times.end());
  const auto older_than = [&](int64_t timestamp) {
    return std::lower_bound(times.begin(), times.end(), timestamp) - times.begin();
  };
  int64_t newest_train = kNever, train = 0;
  double later = 0;
  for (int64_t user = 0; user < dataset.users(); ++user) {
    const data::History events = dataset.history(user);
    for (int64_t i = 0; i < events.size(); ++i) {
      if (events.parts[i] != data::Part::kTrain) continue;
      newest_train = std::max(newest_train, events.times[i]);
      later += static_cast<double>(older_than(events.times[i]));
      ++train;
    }
  }
  leakage.before_training = train > 0 ? older_than(newest_train) : 0;
  if (train > 0) {
    leakage.later_share = later / (static_cast<double>(train) * static_cast<double>(times.size()));
  }
  return leakage;
}

std::vector<std::string> warnings(const Leakage& leakage, const std::string& split) {
  std::vector<std::string> texts;
  if (leakage.before_own_history > 0) {
    texts.push_back(
        cat(grouped(leakage.before_own_history), " of the ", grouped(leakage.targets),
            " titles to find were watched before something in the same user’s "
            "history: split ",
            split,
            " tests how well gaps are filled, not how well the next title is predicted, "
            "and overrates models that use later events"));
  }
  if (leakage.before_training > 0) {
    texts.push_back(cat(grouped(leakage.before_training), " of the ", grouped(leakage.targets),
                        " titles to find are older than the newest event in training, and on "
                        "average ",
                        share_text(leakage.later_share),
                        " % of training is later than the title to find: a model may learn from "
                        "the future; split temporal prevents it"));
  }
  return texts;
}

}  // namespace marquee::evaluation
