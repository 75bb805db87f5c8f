#include "training/group_balance.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <map>

#include "tests/models/tiny_dataset.h"
#include "training/train_data.h"

namespace marquee::training {
namespace {

const data::MemberGroups kGroups{{"few", "many"}, {0, 1, 1, 1, -1}};
const std::vector<int64_t> kTargets{10, 40, 30, 20, 100};

// Part of the targets of known groups that is the group's.
double part(const std::vector<double>& weights, int64_t group) {
  double own = 0, all = 0;
  for (size_t user = 0; user < weights.size(); ++user) {
    if (kGroups.of[user] < 0) continue;
    const double sum = weights[user] * static_cast<double>(kTargets[user]);
    all += sum;
    own += kGroups.of[user] == group ? sum : 0;
  }
  EXPECT_NEAR(all, 100, 1e-9) << "known groups together keep their part";
  return own / all;
}

TEST(GroupBalance, PartsOfGroups) {
  EXPECT_NEAR(part(balanced_weights(kGroups, kTargets, 0), 0), 0.1, 1e-12);
  EXPECT_NEAR(part(balanced_weights(kGroups, kTargets, 1), 0), 0.5, 1e-12);
  EXPECT_NEAR(part(balanced_weights(kGroups, kTargets, 0.5), 0), 0.25, 1e-12);  // √10 : √90
  EXPECT_EQ(balanced_weights(kGroups, kTargets, 1)[4], 1) << "of no known group";
}

TEST(GroupBalance, AGroupWithoutTargetsHasNoPart) {
  const auto weights = balanced_weights({{"a", "b", "c"}, {0, 1, 2}}, {0, 10, 30}, 1);
  EXPECT_DOUBLE_EQ(weights[1] * 10, 20);
  EXPECT_DOUBLE_EQ(weights[2] * 30, 20);
}

// Two of the tiny dataset's 40 members are a group.
TEST(GroupBalance, WindowsComeAsOftenAsTheirMemberWeighs) {
  const TempFolder folder;
  TrainData data(tiny_dataset(folder), 5, "cpu");
  data::MemberGroups groups{{"few", "many"}, std::vector<int64_t>(40, 1)};
  groups.of[0] = groups.of[1] = 0;
  groups.of[39] = -1;
  data.balance(groups, 1);
  data.add_groups(groups);
  std::map<int64_t, double> events;
  constexpr int kEpochs = 200;
  for (int epoch = 0; epoch < kEpochs; ++epoch) {
    for (const Window& window : data.windows(1, epoch)) {
      const int64_t first = window.starts_history ? 0 : 1;
      events[groups.of[static_cast<size_t>(window.user)]] +=
          static_cast<double>(window.size - first) / kEpochs;
    }
  }
  const double each = static_cast<double>(data.events()) / 40;
  EXPECT_NEAR(events[0], 19.5 * each, 0.02 * 19.5 * each);
  EXPECT_NEAR(events[1], 19.5 * each, 0.02 * 19.5 * each);
  EXPECT_NEAR(events[-1], each, 1e-9);
  const auto windows = data.windows(1, 7);
  const models::Batch batch = data.batch(windows.data(), 16);
  const int64_t length = batch.histories.titles.size(1);
  for (int64_t i = 0; i < batch.targets.size(0); ++i) {
    const auto row = static_cast<size_t>(batch.positions[i].item<int64_t>() / (length + 1));
    EXPECT_EQ(batch.groups[i].item<int64_t>(), groups.of[static_cast<size_t>(windows[row].user)]);
  }
}

}  // namespace
}  // namespace marquee::training
