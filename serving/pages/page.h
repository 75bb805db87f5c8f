// A user's home page: rows of titles, each title with a reason, no title twice.
#pragma once

#include <array>
#include <span>
#include <string>
#include <vector>

#include "configs/server_config.h"
#include "inference/runner.h"
#include "serving/pages/page_answer.h"
#include "serving/pages/similar_titles.h"

namespace marquee::serving {

using configs::PageConfig;

// Safe to use from several threads.
class Pager {
 public:
  // The runner must outlive this.
  Pager(const inference::Runner& runner, const PageConfig& rules);

  // Pages of several users in one pass over the model. Ignores k and include_seen of the requests.
  std::vector<inference::Result<PageAnswer>> pages(
      std::span<const inference::Request> requests) const;

  // The page if the model has no time: the most popular of the eligible titles, marked as degraded.
  // Throws the request's Error.
  PageAnswer popular(const inference::Request& request) const;

  const inference::Runner& runner() const { return runner_; }
  const PageConfig& rules() const { return rules_; }
  const SimilarTitles& similar() const { return similar_; }
  const std::vector<uint32_t>& new_titles() const { return new_titles_; }
  // All titles of a genre, an actor, ..., ascending.
  const std::vector<uint32_t>& titles_with(data::Feature feature, uint32_t name) const {
    return titles_with_[static_cast<size_t>(feature)][name];
  }

 private:
  const inference::Runner& runner_;
  const PageConfig rules_;
  const SimilarTitles similar_;
  std::vector<uint32_t> new_titles_;  // of the newest years
  std::array<std::vector<std::vector<uint32_t>>, data::kFeatures> titles_with_;
};

}  // namespace marquee::serving
