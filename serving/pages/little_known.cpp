// Which titles pages may try out (title_trials.h): those that hardly anybody has watched.
#include <algorithm>

#include "serving/pages/page.h"

namespace marquee::serving {

namespace {

constexpr size_t kMost = 5'000;  // the newest

}  // namespace

void Pager::find_little_known() {
  const auto& titles = runner_.bundle().titles();
  for (const uint32_t title : runner_.most_watched()) {
    if (titles[title].popularity < rules_.try_watches) little_known_.push_back(title);
  }
  const auto age = [&](uint32_t title) { return std::pair(-titles[title].year, ~title); };
  std::ranges::sort(little_known_, {}, age);
  if (little_known_.size() > kMost) little_known_.resize(kMost);
  for (const uint32_t title : little_known_) {
    little_known_keys_.push_back(title_key(titles[title].id));
  }
}

// Watches that came of trying may be in the training data by now, so they do not add up.
std::shared_ptr<const std::vector<uint32_t>> Pager::little_known() const {
  const std::lock_guard lock(left_mutex_);
  const uint64_t version = sources_.trials == nullptr ? 1 : sources_.trials->version();
  if (version == left_version_) return left_;
  auto titles = std::make_shared<std::vector<uint32_t>>();
  const auto tried = sources_.trials == nullptr ? std::vector<Trial>(little_known_.size())
                                                : sources_.trials->of(little_known_keys_);
  for (size_t i = 0; i < little_known_.size(); ++i) {
    if (tried[i].watched < rules_.try_watches) titles->push_back(little_known_[i]);
  }
  left_version_ = version;
  left_ = titles;
  return left_;
}

}  // namespace marquee::serving
