#include "inference/filters.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "core/error.h"
#include "core/text.h"

namespace marquee::inference {

namespace {

constexpr size_t kCachedFilters = 64;
constexpr int64_t kAlways = std::numeric_limits<int64_t>::min();
constexpr int64_t kNever = std::numeric_limits<int64_t>::max();

// MPAA, the TV Parental Guidelines, and ages as FSK and others give them.
constexpr std::array<std::pair<std::string_view, int>, 16> kMaturity = {{{"G", 0},
                                                                         {"TV-Y", 0},
                                                                         {"TV-G", 0},
                                                                         {"0", 0},
                                                                         {"6", 6},
                                                                         {"TV-Y7", 7},
                                                                         {"PG", 10},
                                                                         {"TV-PG", 10},
                                                                         {"12", 12},
                                                                         {"PG-13", 13},
                                                                         {"TV-14", 14},
                                                                         {"16", 16},
                                                                         {"R", 17},
                                                                         {"TV-MA", 17},
                                                                         {"NC-17", 18},
                                                                         {"18", 18}}};

int known_maturity_age(const std::string& rating) {
  if (const auto age = maturity_age(rating)) return *age;
  std::vector<std::string> known;
  for (const auto& [name, age] : kMaturity) known.emplace_back(name);
  throw Error(cat("filters.max_maturity: ", in_quotes(rating), " is none of ", join(known, ", ")));
}

}  // namespace

std::optional<int> maturity_age(std::string_view rating) {
  for (const auto& [name, age] : kMaturity) {
    if (name == rating) return age;
  }
  return std::nullopt;
}

EligibleTitles::EligibleTitles(const TitleTable& titles) : titles_(titles) {
  for (int64_t title = 1; title <= titles.size(); ++title) {
    const auto& [from, until] =
        std::pair(titles[title].available_from, titles[title].available_until);
    if (from != kAlways) changes_.push_back(from);
    if (until != kNever) changes_.push_back(until);
    withdrawn_ |= titles[title].withdrawn;
  }
  std::sort(changes_.begin(), changes_.end());
  changes_.erase(std::unique(changes_.begin(), changes_.end()), changes_.end());
}

std::shared_ptr<const TitleBitmap> EligibleTitles::allowed(const Filters& filters,
                                                           std::optional<int64_t> at) const {
  Key key = key_of(filters, at);
  if (key == Key{{}, -1, "", -1} && !withdrawn_) return nullptr;
  {
    const std::lock_guard lock(mutex_);
    const auto found = std::find_if(cache_.begin(), cache_.end(),
                                    [&](const Entry& entry) { return entry.key == key; });
    if (found != cache_.end()) {
      cache_.splice(cache_.begin(), cache_, found);
      return found->bitmap;
    }
  }
  // Made outside the lock: two threads may make the same one, and the first copy ages out.
  auto bitmap = std::make_shared<const TitleBitmap>(make(key));
  const std::lock_guard lock(mutex_);
  cache_.push_front({std::move(key), bitmap});
  if (cache_.size() > kCachedFilters) cache_.pop_back();
  return bitmap;
}

EligibleTitles::Key EligibleTitles::key_of(const Filters& filters,
                                           std::optional<int64_t> at) const {
  Key key{{}, -1, filters.region, -1};
  for (const auto& name : filters.genres) key.genres.push_back(genre(name));
  std::sort(key.genres.begin(), key.genres.end());
  key.genres.erase(std::unique(key.genres.begin(), key.genres.end()), key.genres.end());
  if (!filters.max_maturity.empty()) key.max_age = known_maturity_age(filters.max_maturity);
  if (at && !changes_.empty()) {
    key.period = std::upper_bound(changes_.begin(), changes_.end(), *at) - changes_.begin();
  }
  return key;
}

uint32_t EligibleTitles::genre(const std::string& name) const {
  const auto& names = titles_.feature_names(data::Feature::kGenre);
  if (const auto found = names.find(name)) return *found;
  std::vector<std::string> known;
  for (const auto genre : data::strings_of(names)) known.emplace_back(genre);
  const std::string meant = nearest_name(name, known);
  if (known.size() > 40) known.resize(40);
  throw Error(cat("filters.genres: no title has the genre ", in_quotes(name), "; ",
                  meant.empty() ? cat("there are ", join(known, ", "))
                                : cat("did you mean ", in_quotes(meant), "?")));
}

TitleBitmap EligibleTitles::make(const Key& key) const {
  const int64_t as_of = key.period <= 0 ? kAlways : changes_[static_cast<size_t>(key.period - 1)];
  TitleBitmap bitmap = empty_bitmap(titles_.size());
  for (int64_t title = 1; title <= titles_.size(); ++title) {
    if (passes(titles_[title], key, as_of)) insert(bitmap, title);
  }
  return bitmap;
}

bool EligibleTitles::passes(const Title& title, const Key& key, int64_t as_of) const {
  if (title.withdrawn) return false;
  const auto& genres = title[data::Feature::kGenre];
  if (!key.genres.empty() && std::none_of(genres.begin(), genres.end(), [&](uint32_t genre) {
        return std::binary_search(key.genres.begin(), key.genres.end(), genre);
      })) {
    return false;
  }
  if (key.max_age >= 0) {
    const auto age = maturity_age(title.maturity);
    if (!age || *age > key.max_age) return false;
  }
  if (!key.region.empty() && !title.regions.empty() &&
      std::find(title.regions.begin(), title.regions.end(), key.region) == title.regions.end()) {
    return false;
  }
  return key.period < 0 || (title.available_from <= as_of && as_of < title.available_until);
}

}  // namespace marquee::inference
