// Home pages for random users under random rules: no title is there twice, no seen or excluded
// title is suggested, no row is longer than its rule allows.
#include <cstdlib>
#include <set>
#include <string>
#include <utility>

#include "inference/bundle.h"
#include "inference/runner.h"
#include "serving/pages/page.h"
#include "tests/fuzz/draws.h"
#include "tests/inference/tiny_bundle.h"

namespace marquee {
namespace {

using fuzz::Draws;

constexpr int kTitles = 60;

const inference::Runner& runner() {
  static const TempFolder folder;
  static const inference::Bundle bundle = [] {
    tests::write_bundle(tests::random_bundle(kTitles, 8), folder / "bundle");
    return inference::Bundle(folder / "bundle");
  }();
  static const inference::Runner runner(bundle);
  return runner;
}

// A title's id; now and then an unknown one.
std::string title_id(Draws& draws) { return "t" + std::to_string(draws.whole(1, kTitles + 3)); }

configs::PageConfig rules(Draws& draws) {
  configs::PageConfig rules;
  rules.titles_a_row = draws.whole(1, 30);
  rules.least_titles_a_row = draws.whole(1, rules.titles_a_row);
  rules.candidates = draws.whole(1, 100);
  rules.continue_row = draws.flag();
  rules.unfinished = draws.fraction();
  rules.top_row = draws.flag();
  rules.because_rows = draws.whole(0, 5);
  rules.popular_row = draws.flag();
  rules.new_row = draws.flag();
  rules.new_years = draws.whole(1, 100);
  rules.favourite_rows = draws.whole(0, 10);
  rules.genre_rows = draws.whole(0, 10);
  return rules;
}

inference::Request request(Draws& draws) {
  inference::Request request;
  if (draws.flag()) request.at = draws.whole(0, 3'000);
  if (draws.flag()) {
    request.filters.genres = {"Genre " + std::to_string(draws.whole(0, 9))};
  }
  if (draws.flag()) {
    request.filters.max_maturity = draws.one_of({"G", "PG", "R", "18", "none such"});
  }
  if (draws.flag()) request.filters.region = draws.one_of({"DE", "FR", "XX"});
  for (int i = draws.whole(0, 20); i > 0; --i) {
    request.exclude.push_back(title_id(draws));
  }
  while (!draws.empty()) {
    inference::HistoryItem item{.title_id = title_id(draws), .timestamp = std::nullopt};
    if (draws.flag()) item.timestamp = draws.whole(0, 2'000);
    item.event = static_cast<data::Event>(draws.whole(0, static_cast<int>(data::kEvents) - 1));
    if (draws.flag()) item.value = static_cast<float>(5 * draws.fraction());
    request.history.push_back(item);
  }
  return request;
}

void check(const serving::PageAnswer& page, const inference::Request& request,
           const configs::PageConfig& rules) {
  std::set<std::string> excluded(request.exclude.begin(), request.exclude.end());
  std::set<std::string> seen, shown;
  for (const auto& item : request.history) seen.insert(item.title_id);
  for (const auto& row : page.rows) {
    if (row.items.empty() || std::cmp_greater(row.items.size(), rules.titles_a_row)) std::abort();
    const bool unfinished = row.kind == serving::RowKind::kContinue;
    for (const auto& item : row.items) {
      if (!shown.insert(item.title_id).second || item.reasons.empty()) std::abort();
      if (seen.contains(item.title_id) != unfinished) std::abort();
      if (!unfinished && excluded.contains(item.title_id)) std::abort();
    }
  }
}

}  // namespace
}  // namespace marquee

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  marquee::fuzz::Draws draws(bytes, size);
  const marquee::configs::PageConfig rules = marquee::rules(draws);
  const marquee::serving::Pager pager(marquee::runner(), rules);
  const marquee::inference::Request request = marquee::request(draws);
  const auto pages = pager.pages({&request, 1});
  if (const auto* page = std::get_if<marquee::serving::PageAnswer>(&pages.front())) {
    marquee::check(*page, request, rules);
  }
  return 0;
}
