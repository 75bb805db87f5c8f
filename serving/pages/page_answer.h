// Requests for home pages, and pages as JSON (docs/serving.md).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "inference/request.h"

namespace marquee::serving {

// What a row is made of; name() is how JSON writes it: "continue", "top", ...
enum class RowKind { kContinue, kTop, kBecause, kPopular, kNew, kFavourite };
inline constexpr size_t kRowKinds = 6;
const char* name(RowKind kind);
std::optional<RowKind> row_kind(std::string_view name);

struct PageRow {
  RowKind kind = RowKind::kTop;
  std::string title;  // "Because you watched Heat"
  std::vector<inference::AnsweredTitle> items;
  // With which the row came here, given those above it, and each title, given those before it in
  // the row; no propensities: 1 each.
  double propensity = 1;
  std::vector<double> propensities = {};
  std::vector<std::string> relaxed = {};  // rules of lists that it could not keep
  std::vector<size_t> tried = {};         // places of titles that are shown to find out about them
  uint32_t offered = 0;  // kinds that a policy chose among, bit RowKind each; 0: no policy chose
};

struct PageAnswer {
  std::string id;
  std::string model;
  std::vector<PageRow> rows;
  std::vector<std::string> unknown_titles;
  bool degraded = false;              // only the most popular titles, because the model had no time
  std::string request_id = {};        // in the log of what was shown; "": it is not logged
  std::string policy = {};            // that chose the rows; "": the rules of pages
  std::vector<double> features = {};  // what the policy knew of the user
  bool explain = false;               // writes policy and propensities as well
};

// As inference::parse_request, but a page takes neither k nor include_seen.
inference::Request parse_page_request(std::string_view json);

std::string to_json(const PageAnswer& page);  // one line, without its end

}  // namespace marquee::serving
