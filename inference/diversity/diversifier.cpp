#include "inference/diversity/diversifier.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <unordered_map>
#include <unordered_set>

#include "inference/feature_similarity.h"

namespace marquee::inference {

namespace {

constexpr std::array<const char*, kDiversityMethods> kNames{"mmr", "msd",        "dpp",
                                                            "ssd", "calibrated", "xquad"};
constexpr double kTailWatches = 0.5;  // share of all watches that titles outside the head have
constexpr float kQuality = 2;  // exponent of the best candidate's quality; the last one's is 0

// From 0, the last candidate's, to 1, the best one's: scores of models have no unit.
std::vector<float> relevance_of(std::span<const ScoredTitle> candidates) {
  const float best = candidates.front().score, last = candidates.back().score;
  std::vector<float> relevance;
  for (const ScoredTitle& each : candidates) {
    relevance.push_back(best > last ? (each.score - last) / (best - last) : 1);
  }
  return relevance;
}

// Titles of a list that was chosen by other scores, with those of the candidates.
VariedList with_own_scores(std::span<const ScoredTitle> candidates, VariedList list) {
  std::unordered_map<uint32_t, float> own;
  for (const ScoredTitle& each : candidates) own[each.title] = each.score;
  for (ScoredTitle& each : list.titles) each.score = own[each.title];
  return list;
}

}  // namespace

const char* name(DiversityMethod method) { return kNames[static_cast<size_t>(method)]; }

std::optional<DiversityMethod> diversity_method(std::string_view name) {
  const auto found = std::ranges::find(kNames, name);
  if (found == kNames.end()) return std::nullopt;
  return static_cast<DiversityMethod>(found - kNames.begin());
}

Diversifier::Diversifier(const Bundle& bundle) : bundle_(bundle) {
  const TitleTable& titles = bundle.titles();
  std::vector<uint32_t> rarest;
  double watches = 0;
  newest_ = titles.newest_year();
  for (int64_t i = 1; i <= titles.size(); ++i) {
    rarest.push_back(static_cast<uint32_t>(i));
    watches += static_cast<double>(titles[i].popularity);
  }
  std::ranges::stable_sort(rarest, {}, [&](uint32_t i) { return titles[i].popularity; });
  is_tail_.resize(rarest.size() + 1);
  double sum = 0;
  for (const uint32_t title : rarest) {
    sum += static_cast<double>(titles[title].popularity);
    if (sum > kTailWatches * watches) break;
    is_tail_[title] = 1;
  }
}

size_t Diversifier::width(bool by_vectors) const {
  return by_vectors ? static_cast<size_t>(bundle_.facts().dim)
                    : bundle_.titles().feature_names(data::Feature::kGenre).size();
}

std::vector<float> Diversifier::vectors_of(std::span<const uint32_t> titles,
                                           bool by_vectors) const {
  const size_t width = this->width(by_vectors);
  std::vector<float> rows(titles.size() * width);
  for (size_t i = 0; i < titles.size(); ++i) {
    float* const row = rows.data() + i * width;
    if (by_vectors) {
      write_unit(bundle_.vector(titles[i]), row);
      continue;
    }
    const auto& genres = bundle_.titles()[titles[i]][data::Feature::kGenre];
    for (const uint32_t genre : genres) row[genre] = 1;
    write_unit({row, width}, row);
  }
  return rows;
}

std::vector<uint32_t> disliked_titles(const UserHistory& history, const Diversity& diversity) {
  std::vector<uint32_t> disliked;
  if (diversity.dislikes == 0) return disliked;
  std::unordered_set<uint32_t> met;
  const auto most = static_cast<size_t>(diversity.disliked);
  for (size_t i = history.titles.size(); i-- > 0 && disliked.size() < most;) {
    const bool decides = history.signals[i] != 0 && met.insert(history.titles[i]).second;
    if (decides && history.signals[i] < 0) disliked.push_back(history.titles[i]);
  }
  return disliked;
}

int Diversifier::candidates(const Diversity& diversity, int k) {
  return diversity.active() ? k * diversity.depth : k;
}

ShareTable Diversifier::shares(std::span<const uint32_t> titles, DiversityMethod method) const {
  if (method == DiversityMethod::kExplicit) {
    ShareTable table(2);  // the tail, and what is watched more
    for (const uint32_t title : titles) {
      const uint32_t kind = is_tail_[title] != 0 ? 0 : 1;
      table.add({&kind, 1});
    }
    return table;
  }
  ShareTable table(width(false));
  for (const uint32_t title : titles) {
    table.add(bundle_.titles()[title][data::Feature::kGenre]);
  }
  return table;
}

std::vector<uint32_t> Diversifier::by_similarity(std::span<const ScoredTitle> candidates, size_t k,
                                                 const Diversity& diversity,
                                                 std::span<const uint32_t> recent) const {
  // Bundles of models that score titles have no vectors; their titles are compared by genre.
  const bool by_vectors = diversity.by_vectors && bundle_.facts().dim > 1;
  std::vector<uint32_t> titles;
  for (const ScoredTitle& each : candidates) titles.push_back(each.title);
  titles.insert(titles.end(), recent.begin(), recent.end());
  const std::vector<float> values = vectors_of(titles, by_vectors);
  const VectorTable vectors(values, width(by_vectors));
  std::vector<float> relevance = relevance_of(candidates);
  switch (diversity.method) {
    case DiversityMethod::kMarginalRelevance:
      return marginal_relevance(relevance, vectors, k, diversity.strength);
    case DiversityMethod::kDeterminantal:
      for (float& each : relevance) each = std::exp(kQuality * each);
      return determinantal(relevance, vectors, k, diversity.strength);
    case DiversityMethod::kSlidingSpectrum:
      return sliding_spectrum(relevance, vectors, k, k, diversity.strength);
    default:
      return sum_of_distances(relevance, vectors, k, diversity.strength);
  }
}

// Indices of the candidates; the first k of them are chosen together.
std::vector<uint32_t> Diversifier::order(std::span<const ScoredTitle> candidates, size_t k,
                                         const Diversity& diversity,
                                         const ListContext& context) const {
  const bool by_shares = diversity.method == DiversityMethod::kCalibrated ||
                         diversity.method == DiversityMethod::kExplicit;
  const bool known = by_shares ? !context.history.empty() : true;
  const bool by_vectors = !by_shares && diversity.by_vectors && bundle_.facts().dim > 1;
  const bool has_width = diversity.method == DiversityMethod::kExplicit || width(by_vectors) > 0;
  std::vector<uint32_t> all;
  if (diversity.strength > 0 && known && has_width && candidates.size() > 1) {
    if (!by_shares) {
      all = by_similarity(candidates, k, diversity, context.recent);
    } else {
      std::vector<uint32_t> titles;
      for (const ScoredTitle& each : candidates) titles.push_back(each.title);
      const auto wanted = shares(context.history, diversity.method).mean();
      const auto choose =
          diversity.method == DiversityMethod::kExplicit ? explicit_list : calibrated_list;
      all = choose(relevance_of(candidates), shares(titles, diversity.method), wanted, k,
                   diversity.strength);
    }
  }
  std::vector<char> chosen(candidates.size());
  for (const uint32_t i : all) chosen[i] = 1;
  for (uint32_t i = 0; i < candidates.size(); ++i) {
    if (chosen[i] == 0) all.push_back(i);
  }
  return all;
}

VariedList Diversifier::choose(std::span<const ScoredTitle> candidates, int k,
                               const Diversity& diversity, const ListContext& context) const {
  const size_t most = std::min(candidates.size(), static_cast<size_t>(k));
  VariedList list;
  if (!diversity.active() || most == 0) {
    list.titles.assign(candidates.begin(), candidates.begin() + static_cast<std::ptrdiff_t>(most));
    return list;
  }
  if (diversity.dislikes > 0 && !context.disliked.empty()) {
    ListContext rest = context;
    rest.disliked = {};
    return with_own_scores(
        candidates,
        choose(sunk(candidates, diversity.dislikes, context.disliked), k, diversity, rest));
  }
  if (context.bonuses != nullptr) return with_bonuses(candidates, most, diversity, context);
  std::vector<uint32_t> order = this->order(candidates, most, diversity, context);
  if (diversity.rules.any()) {
    std::vector<uint32_t> titles;
    for (const uint32_t i : order) titles.push_back(candidates[i].title);
    const OrderedList kept = keep_rules(titles, most, diversity.rules, bundle_.titles(), newest_);
    list.relaxed = kept.relaxed;
    for (const uint32_t place : kept.places) list.titles.push_back(candidates[order[place]]);
    return list;
  }
  for (const uint32_t i : std::span(order).first(most)) list.titles.push_back(candidates[i]);
  return list;
}

std::vector<ScoredTitle> Diversifier::sunk(std::span<const ScoredTitle> candidates, float dislikes,
                                           std::span<const uint32_t> disliked) const {
  const bool by_vectors = bundle_.facts().dim > 1;
  std::vector<ScoredTitle> sunk(candidates.begin(), candidates.end());
  if (width(by_vectors) == 0) return sunk;
  std::vector<uint32_t> titles;
  for (const ScoredTitle& each : candidates) titles.push_back(each.title);
  titles.insert(titles.end(), disliked.begin(), disliked.end());
  const std::vector<float> values = vectors_of(titles, by_vectors);
  const VectorTable vectors(values, width(by_vectors));
  const float range = candidates.front().score - candidates.back().score;
  for (size_t i = 0; i < sunk.size(); ++i) {
    float similarity = 0;
    for (size_t j = sunk.size(); j < titles.size(); ++j) {
      similarity = std::max(similarity, dot(vectors[i], vectors[j]));
    }
    sunk[i].score -= similarity * dislikes * range;
  }
  std::ranges::stable_sort(sunk, std::greater(), &ScoredTitle::score);
  return sunk;
}

// The same list as of candidates that had these scores from the first; its titles keep their own.
VariedList Diversifier::with_bonuses(std::span<const ScoredTitle> candidates, size_t most,
                                     const Diversity& diversity, const ListContext& context) const {
  const float range = candidates.front().score - candidates.back().score;
  std::vector<ScoredTitle> worth(candidates.begin(), candidates.end());
  for (ScoredTitle& each : worth) each.score += (*context.bonuses)(each.title) * range;
  std::ranges::stable_sort(worth, std::greater(), &ScoredTitle::score);
  return with_own_scores(candidates,
                         choose(worth, static_cast<int>(most), diversity,
                                {.history = context.history, .recent = context.recent}));
}

}  // namespace marquee::inference
