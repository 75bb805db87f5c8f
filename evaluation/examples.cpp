#include "evaluation/examples.h"

#include <algorithm>

#include "core/random.h"

namespace marquee::evaluation {

namespace {

constexpr size_t kExamples = 3;
constexpr size_t kWatchedShown = 5, kNextShown = 3, kProposedShown = 5;
constexpr int32_t kSomeHistory = 5;  // events

std::string display_name(const data::Catalogue& catalogue, uint32_t title) {
  const std::string_view name = catalogue.name(title);
  return std::string(name.empty() ? catalogue.id(title) : name);
}

}  // namespace

std::vector<int64_t> draw_examples(const Panel& panel, uint64_t seed) {
  std::vector<int64_t> members;
  for (int64_t member = 0; member < panel.size(); ++member) {
    if (panel.history_lengths[member] >= kSomeHistory) members.push_back(member);
  }
  if (members.empty()) {
    for (int64_t member = 0; member < panel.size(); ++member) members.push_back(member);
  }
  RandomStream random(seed, "examples");
  random.shuffle(members);
  members.resize(std::min(members.size(), kExamples));
  std::sort(members.begin(), members.end());
  return members;
}

Example make_example(const data::Dataset& dataset, const Panel& panel, int64_t member) {
  const data::Catalogue& catalogue = dataset.catalogue();
  Example example;
  example.user_id = dataset.user_id(panel.users[member]);
  const std::vector<uint32_t> told = told_titles(dataset, panel.users[member]);
  const size_t shown = std::min(told.size(), kWatchedShown);
  for (const uint32_t title : std::span(told).last(shown)) {
    example.watched.push_back(display_name(catalogue, title));
  }
  for (const uint32_t title : panel.of(member, panel.targets)) {
    if (example.next.size() == kNextShown) break;
    example.next.push_back(display_name(catalogue, title));
  }
  return example;
}

std::vector<ExampleTitle> example_list(const data::Dataset& dataset, const Panel& panel,
                                       const Answers& answers, int64_t member) {
  const auto targets = panel.of(member, panel.targets);
  std::vector<ExampleTitle> list;
  for (const uint32_t title : answers.list(member).first(kProposedShown)) {
    if (title == 0) break;
    const bool found = std::find(targets.begin(), targets.end(), title) != targets.end();
    list.push_back({display_name(dataset.catalogue(), title), found});
  }
  return list;
}

}  // namespace marquee::evaluation
