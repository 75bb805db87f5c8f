#include "policy/simulation/fitted_tastes.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/error.h"
#include "core/random.h"
#include "core/text.h"
#include "core/threads.h"
#include "data/synth/alias_table.h"

namespace marquee::policy {

namespace {

namespace synth = data::synth;
using data::Part;
using synth::Taste;

constexpr size_t kDims = synth::kTasteDims;  // the first is for what all matches have in common
constexpr int kIterations = 12;
constexpr double kShrink = 2;  // interactions of titles and members whose taste is half known
// Added to how much each has, so that what hardly anybody watched is no direction of its own
// (regularised spectral clustering, Chaudhuri et al. 2012).
constexpr double kSmoothing = 30;
constexpr int64_t kLeastChoices = 100, kMostChoices = 20'000;
constexpr double kMostWeight = 6;  // of the taste in a choice, in units of the synthetic service's

// Who watched what, negative feedback left out; both ways round.
struct Watched {
  std::vector<std::vector<uint32_t>> titles;   // [members]
  std::vector<std::vector<uint32_t>> members;  // [titles]
};

Watched watched(const data::Dataset& dataset, bool all) {
  Watched result;
  result.titles.resize(static_cast<size_t>(dataset.users()));
  result.members.resize(static_cast<size_t>(dataset.catalogue().size()));
  for (int64_t user = 0; user < dataset.users(); ++user) {
    const data::History history = dataset.history(user);
    for (size_t i = 0; i < history.titles.size(); ++i) {
      const bool held_out = history.parts[i] == Part::kValid || history.parts[i] == Part::kTest;
      if (dataset.weights().is_negative(history.events[i], history.values[i])) continue;
      if (held_out && !all) continue;
      result.titles[static_cast<size_t>(user)].push_back(history.titles[i] - 1);
      result.members[history.titles[i] - 1].push_back(static_cast<uint32_t>(user));
    }
  }
  return result;
}

// Of each row the sum of the others' over its list, divided by the roots of both lists' lengths.
std::vector<Taste> spread(const std::vector<Taste>& from,
                          const std::vector<std::vector<uint32_t>>& lists,
                          const std::vector<std::vector<uint32_t>>& others) {
  std::vector<Taste> to(lists.size());
  parallel_for(std::ssize(lists), 64, [&](int64_t begin, int64_t end) {
    for (auto i = static_cast<size_t>(begin); std::cmp_less(i, end); ++i) {
      if (lists[i].empty()) continue;
      const double own = std::sqrt(kSmoothing + static_cast<double>(lists[i].size()));
      for (const uint32_t j : lists[i]) {
        const double theirs = std::sqrt(kSmoothing + static_cast<double>(others[j].size()));
        synth::add(to[i], from[j], static_cast<float>(1 / (own * theirs)));
      }
    }
  });
  return to;
}

// Gram and Schmidt's; the first columns keep the most. Returns their lengths before.
Taste make_orthonormal(std::vector<Taste>& rows) {
  Taste lengths{};
  for (size_t column = 0; column < kDims; ++column) {
    for (size_t before = 0; before <= column; ++before) {
      double sum = 0;
      for (const Taste& row : rows) sum += double{row[before]} * row[column];
      const bool itself = before == column;
      if (itself) lengths[column] = static_cast<float>(std::sqrt(sum));
      const auto factor = static_cast<float>(itself ? 1 / std::sqrt(std::max(sum, 1e-30)) : sum);
      for (Taste& row : rows) {
        row[column] = itself ? row[column] * factor : row[column] - factor * row[before];
      }
    }
  }
  return lengths;
}

// Singular vectors of the titles times their singular values, best first, by subspace iteration.
// [titles]
std::vector<Taste> singular_vectors(const Watched& watched) {
  std::vector<Taste> titles(watched.members.size());
  RandomStream random(1, "fitted tastes");
  for (Taste& each : titles) each = synth::any_direction(random);
  make_orthonormal(titles);
  Taste squares{};  // of the singular values
  for (int i = 0; i < kIterations; ++i) {
    const auto members = spread(titles, watched.titles, watched.members);
    titles = spread(members, watched.members, watched.titles);
    squares = make_orthonormal(titles);
  }
  for (Taste& each : titles) {
    for (size_t i = 0; i < kDims; ++i) each[i] *= std::sqrt(squares[i]);
  }
  return titles;
}

// Of unit length where much is known, shorter where little is; without the first direction.
Taste direction(Taste taste, size_t interactions) {
  taste[0] = 0;
  const double length = std::sqrt(synth::dot(taste, taste));
  if (length < 1e-12) return {};
  const auto n = static_cast<double>(interactions);
  Taste result{};
  synth::add(result, taste, static_cast<float>(n / (n + kShrink) / length));
  return result;
}

struct Directions {
  std::vector<Taste> titles, members;
};

Directions directions(const Watched& watched) {
  Directions result;
  result.titles = singular_vectors(watched);
  for (size_t i = 0; i < result.titles.size(); ++i) {
    result.titles[i] = direction(result.titles[i], watched.members[i].size());
  }
  for (const auto& titles : watched.titles) {
    Taste sum{};
    for (const uint32_t title : titles) synth::add(sum, result.titles[title], 1);
    result.members.push_back(direction(sum, titles.size()));
  }
  return result;
}

// What somebody watched and the titles that it was chosen among, as matches; its own is the first.
using Choice = std::vector<double>;

std::vector<Choice> held_out_choices(const data::Dataset& dataset, const Watched& known,
                                     const Directions& of) {
  std::vector<int32_t> titles;
  std::vector<double> weights;
  for (size_t i = 0; i < known.members.size(); ++i) {
    titles.push_back(static_cast<int32_t>(i));
    weights.push_back(static_cast<double>(known.members[i].size()));
  }
  const synth::AliasTable popular(titles, weights);
  std::vector<int64_t> order(static_cast<size_t>(dataset.users()));
  std::iota(order.begin(), order.end(), int64_t{0});
  RandomStream(1, "fitted order").shuffle(order);
  std::vector<Choice> choices;
  for (const int64_t user : order) {
    if (std::ssize(choices) >= kMostChoices) break;
    const data::History history = dataset.history(user);
    const Taste& taste = of.members[static_cast<size_t>(user)];
    RandomStream random(1, "fitted choices", static_cast<uint64_t>(user));
    for (size_t i = 0; i < history.titles.size(); ++i) {
      const bool held_out = history.parts[i] == Part::kValid || history.parts[i] == Part::kTest;
      const bool disliked = dataset.weights().is_negative(history.events[i], history.values[i]);
      if (!held_out || disliked || popular.empty()) continue;
      Choice& choice = choices.emplace_back();
      choice.push_back(synth::dot(taste, of.titles[history.titles[i] - 1]));
      while (choice.size() < synth::kExposed) {
        choice.push_back(synth::dot(taste, of.titles[static_cast<size_t>(popular.draw(random))]));
      }
    }
  }
  return choices;
}

// Mean log-likelihood of choices by softmax of the matches times `weight`.
double likelihood(const std::vector<Choice>& choices, double weight) {
  double sum = 0;
  for (const Choice& choice : choices) {
    double all = 0;
    for (const double match : choice) all += std::exp(weight * (match - choice.front()));
    sum -= std::log(all);
  }
  return sum / static_cast<double>(choices.size());
}

// The likelihood is concave in the weight: golden section.
double likeliest_weight(const std::vector<Choice>& choices) {
  const double ratio = (std::sqrt(5.0) - 1) / 2;
  double low = 0, high = kMostWeight * synth::kTasteSharpness;
  while (high - low > 1e-4) {
    const double left = high - ratio * (high - low), right = low + ratio * (high - low);
    const bool rises = likelihood(choices, left) < likelihood(choices, right);
    (rises ? low : high) = rises ? left : right;
  }
  return (low + high) / 2;
}

}  // namespace

FittedTastes fitted_tastes(const data::Dataset& dataset) {
  const Watched known = watched(dataset, false);
  const auto choices = held_out_choices(dataset, known, directions(known));
  if (std::ssize(choices) < kLeastChoices) {
    throw Error(cat(dataset.name(), ": has ", choices.size(),
                    " interactions for validation and "
                    "test; ",
                    kLeastChoices, " are needed to fit members' tastes"));
  }
  const double weight = likeliest_weight(choices);
  double usual = 0;
  for (const Choice& choice : choices) usual += choice.front();
  usual *= weight / synth::kTasteSharpness / static_cast<double>(choices.size());

  Directions of = directions(watched(dataset, true));
  for (Taste& each : of.titles) each[0] = 1;
  for (Taste& each : of.members) {
    for (float& value : each) value *= static_cast<float>(weight / synth::kTasteSharpness);
    each[0] = static_cast<float>(synth::kUsualMatch - usual);
  }
  return {std::move(of.titles), std::move(of.members), std::exp(likelihood(choices, weight)),
          std::ssize(choices)};
}

}  // namespace marquee::policy
