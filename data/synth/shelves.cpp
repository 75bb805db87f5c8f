#include "data/synth/shelves.h"

#include <algorithm>
#include <cmath>

#include "core/threads.h"

namespace marquee::data::synth {

namespace {

constexpr int kLineUpCandidates = 60;

// Popularity at a time: new titles draw more, and few begin a franchise with a later part.
double appeal(const SynthTitle& title, int64_t time) {
  const double days = std::max(0.0, static_cast<double>(time - title.available_from) / kDay);
  const double bump = 1 + kReleaseBump * std::exp(-days / kReleaseFadeDays);
  return title.weight * bump * (title.part > 1 ? kLaterPartExposure : 1);
}

// Titles under a number of headings, each heading a table.
class Stock {
 public:
  explicit Stock(size_t headings) : titles_(headings), weights_(headings) {}

  void put(int heading, int32_t title, double weight) {
    titles_[static_cast<size_t>(heading)].push_back(title);
    weights_[static_cast<size_t>(heading)].push_back(weight);
  }
  std::vector<AliasTable> tables() const {
    std::vector<AliasTable> result;
    for (size_t i = 0; i < titles_.size(); ++i) result.emplace_back(titles_[i], weights_[i]);
    return result;
  }

 private:
  std::vector<std::vector<int32_t>> titles_;
  std::vector<std::vector<double>> weights_;
};

std::vector<AliasTable> stock_genres(const TitlePool& pool, int64_t from) {
  Stock stock(pool.genres.size());
  for (int32_t i = 0; i < std::ssize(pool.titles); ++i) {
    const SynthTitle& title = pool.title(i);
    if (title.available_from >= from + kPeriod || title.available_until <= from) continue;
    const double weight = appeal(title, from + kPeriod / 2);
    for (const int genre : title.genres) {
      stock.put(genre, i, weight / static_cast<double>(title.genres.size()));
    }
  }
  return stock.tables();
}

}  // namespace

Shelves::Shelves(const TitlePool& pool, uint64_t seed) {
  genres_.resize(kPeriods);
  parallel_for(kPeriods, 1, [&](int64_t begin, int64_t end) {
    for (int64_t period = begin; period < end; ++period) {
      genres_[static_cast<size_t>(period)] = stock_genres(pool, kSpanStart + period * kPeriod);
    }
  });
  Stock actors(static_cast<size_t>(pool.actors.size()));
  Stock studios(static_cast<size_t>(pool.studios.size()));
  for (int32_t i = 0; i < std::ssize(pool.titles); ++i) {
    const SynthTitle& title = pool.title(i);
    const double weight = appeal(title, kSpanEnd);
    for (const int actor : title.actors) actors.put(actor, i, weight);
    studios.put(title.studio, i, weight);
  }
  actors_ = actors.tables();
  studios_ = studios.tables();

  lined_up_.resize(pool.titles.size());
  parallel_for(std::ssize(pool.titles), 256, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      lined_up_[static_cast<size_t>(i)] = line_up(
          pool, static_cast<int32_t>(i), RandomStream(seed, "lined up", static_cast<uint64_t>(i)));
    }
  });
}

const AliasTable& Shelves::genre(int64_t time, int genre) const {
  const int64_t period = std::clamp<int64_t>((time - kSpanStart) / kPeriod, 0, kPeriods - 1);
  return genres_[static_cast<size_t>(period)][static_cast<size_t>(genre)];
}

// The most similar among some that share a genre, the studio or an actor, none of its franchise.
std::array<int32_t, kLineLength> Shelves::line_up(const TitlePool& pool, int32_t index,
                                                  RandomStream random) const {
  const SynthTitle& title = pool.title(index);
  std::vector<std::pair<float, int32_t>> found;
  for (int i = 0; i < kLineUpCandidates; ++i) {
    const int lead = title.actors[random.below(title.actors.size())];
    const int64_t time = kSpanStart + static_cast<int64_t>(random.below(kSpanDays)) * kDay;
    const AliasTable& on = genre(time, title.genres.front());
    const AliasTable& shelf = i % 4 == 0 ? actor(lead) : i % 4 == 1 ? studio(title.studio) : on;
    if (shelf.empty()) continue;
    const int32_t other = shelf.draw(random);
    const bool same =
        other == index || (title.franchise >= 0 && pool.title(other).franchise == title.franchise);
    if (!same) found.emplace_back(-dot(title.taste, pool.title(other).taste), other);
  }
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  std::array<int32_t, kLineLength> result;
  result.fill(-1);
  for (size_t i = 0; i < std::min<size_t>(kLineLength, found.size()); ++i)
    result[i] = found[i].second;
  return result;
}

}  // namespace marquee::data::synth
