#include "evaluation/privacy/attributes.h"

#include <algorithm>
#include <map>

#include "core/interrupt.h"
#include "evaluation/fairness/member_groups.h"
#include "evaluation/privacy/probe.h"
#include "evaluation/significance.h"

namespace marquee::evaluation {

namespace {

// The largest groups of an attribute, by name, and the label of each person.
struct Labelled {
  std::vector<std::string> names;
  std::vector<int64_t> sizes;
  std::vector<int> labels;  // [people]
  int64_t left_out = 0;
};

Labelled labelled(const data::Dataset& dataset, size_t attribute, const People& people) {
  std::map<std::string, int64_t, std::less<>> sizes;
  for (const Person& each : people.all)
    ++sizes[std::string(dataset.attribute(attribute, each.user))];
  std::vector<std::pair<int64_t, std::string>> large;  // negative, so that ties go by name
  for (const auto& [name, size] : sizes) {
    if (!name.empty() && size >= kLeastGroup) large.emplace_back(-size, name);
  }
  std::ranges::sort(large);
  large.resize(std::min(large.size(), kMostProbedGroups));
  std::ranges::sort(large, {}, &std::pair<int64_t, std::string>::second);
  Labelled result;
  for (const auto& [size, name] : large) {
    result.names.push_back(name);
    result.sizes.push_back(-size);
  }
  for (const Person& each : people.all) {
    const auto name = std::ranges::find(result.names, dataset.attribute(attribute, each.user));
    const bool none = name == result.names.end();
    result.labels.push_back(none ? -1 : static_cast<int>(name - result.names.begin()));
    result.left_out += none;
  }
  return result;
}

}  // namespace

std::vector<ProbedAttribute> probe_attributes(const data::Dataset& dataset, const People& people,
                                              const Traces& traces,
                                              const BootstrapOptions& options) {
  std::vector<ProbedAttribute> attributes;
  for (size_t a = 0; a < dataset.attribute_names().size(); ++a) {
    throw_if_interrupted();
    const Labelled groups = labelled(dataset, a, people);
    ProbedAttribute& attribute = attributes.emplace_back();
    attribute.name = dataset.attribute_names()[a];
    attribute.left_out = groups.left_out;
    if (groups.names.size() < 2) continue;
    const Probed found = probe({.features = traces.features,
                                .width = traces.width,
                                .labels = groups.labels,
                                .groups = static_cast<int>(groups.names.size())},
                               options);
    attribute.auc = found.auc;
    attribute.shuffled_high = found.shuffled_high;
    attribute.p = found.p;
    for (size_t i = 0; i < groups.names.size(); ++i) {
      attribute.groups.push_back({groups.names[i], groups.sizes[i], found.each[i]});
    }
  }
  std::vector<double> p;
  for (const ProbedAttribute& each : attributes) {
    if (!each.groups.empty()) p.push_back(each.p);
  }
  const auto adjusted = holm(p);
  size_t next = 0;
  for (ProbedAttribute& each : attributes) {
    if (!each.groups.empty()) each.holm_p = adjusted[next++];
  }
  return attributes;
}

}  // namespace marquee::evaluation
