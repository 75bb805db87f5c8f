// The titles that a request's filters allow, as bitmaps that requests share.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "inference/request.h"
#include "inference/retrieval/title_bitmap.h"
#include "inference/title_table.h"

namespace marquee::inference {

// The age from which a title of this rating is meant to be seen; nothing where it is unknown.
//    0  G TV-Y TV-G 0     10  PG TV-PG     13  PG-13     16  16            18  NC-17 18
//    6  6                 12  12           14  TV-14     17  R TV-MA
//    7  TV-Y7
std::optional<int> maturity_age(std::string_view rating);

// Safe to use from several threads.
class EligibleTitles {
 public:
  explicit EligibleTitles(const TitleTable& titles);  // which must outlive this

  // The titles that are not withdrawn, have any of the genres, have a maturity rating up to
  // max_maturity (titles without a rating that maturity_age knows are left out), may be shown in
  // the region, and are available at the time `at`. Null: all titles. Throws Error for a genre that
  // no title has and for an unknown max_maturity.
  std::shared_ptr<const TitleBitmap> allowed(const Filters& filters,
                                             std::optional<int64_t> at) const;

 private:
  // What a bitmap depends on. Availability changes only at the times in changes_: `period` is the
  // number of them up to the request, or -1 if availability is not checked.
  struct Key {
    std::vector<uint32_t> genres;  // ascending
    int max_age;                   // -1: any
    std::string region;
    int64_t period;
    bool operator==(const Key&) const = default;
  };
  struct Entry {
    Key key;
    std::shared_ptr<const TitleBitmap> bitmap;
  };

  Key key_of(const Filters& filters, std::optional<int64_t> at) const;
  uint32_t genre(const std::string& name) const;
  TitleBitmap make(const Key& key) const;
  bool passes(const Title& title, const Key& key, int64_t as_of) const;

  const TitleTable& titles_;
  bool withdrawn_ = false;          // whether any title is
  std::vector<int64_t> changes_;    // times at which availability changes, ascending
  mutable std::mutex mutex_;        // guards cache_
  mutable std::list<Entry> cache_;  // the last used first, at most kCachedFilters
};

}  // namespace marquee::inference
