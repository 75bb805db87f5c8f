#include "serving/pages/page_answer.h"

#include "inference/json_writer.h"
#include "inference/request_fields.h"

namespace marquee::serving {

namespace {

using inference::JsonField;
using inference::Request;

constexpr JsonField<Request> kPageFields[] = {
    inference::kHistoryField<Request>, inference::kUserField<Request>,
    inference::kIdField<Request>,      inference::kAtField<Request>,
    inference::kExcludeField,          inference::kFiltersField,
    inference::kContextField<Request>, inference::kDiversityField,
    inference::kProfileField<Request>,
};

void append_probability(std::string& out, double value) {
  inference::append_number(out, static_cast<float>(value));
}

// With what probability the row, and each of its titles, came here.
void append_explanation(std::string& out, const PageRow& row) {
  out += ",\"propensity\":";
  append_probability(out, row.propensity);
  if (row.propensities.empty()) return;
  inference::append_list(out, ",\"propensities\":", row.propensities,
                         [&](double value) { append_probability(out, value); });
}

}  // namespace

Request parse_page_request(std::string_view json) {
  return inference::read_user_request<Request>(json, kPageFields);
}

const char* name(RowKind kind) {
  static constexpr const char* kNames[] = {"continue", "top", "because",
                                           "popular",  "new", "favourite"};
  return kNames[static_cast<size_t>(kind)];
}

std::optional<RowKind> row_kind(std::string_view wanted) {
  for (size_t i = 0; i < kRowKinds; ++i) {
    const auto kind = static_cast<RowKind>(i);
    if (name(kind) == wanted) return kind;
  }
  return std::nullopt;
}

std::string to_json(const PageAnswer& page) {
  size_t room = 128;
  std::string out;
  for (const PageRow& row : page.rows) room += 128 + inference::kItemBytes * row.items.size();
  out.reserve(room);
  inference::append_id(out, page.id);
  out += ",\"model\":";
  inference::append_text(out, page.model);
  inference::append_request_id(out, page.request_id);
  if (page.explain) {
    out += ",\"policy\":";
    inference::append_text(out, page.policy.empty() ? "fixed" : page.policy);
  }
  inference::append_list(out, ",\"rows\":", page.rows, [&](const PageRow& row) {
    out += "{\"kind\":";
    inference::append_text(out, name(row.kind));
    out += ",\"title\":";
    inference::append_text(out, row.title);
    if (page.explain) append_explanation(out, row);
    if (!row.relaxed.empty()) inference::append_texts(out, ",\"relaxed\":", row.relaxed);
    inference::append_items(out, row.items);
    out += '}';
  });
  if (page.degraded) out += ",\"degraded\":true";
  inference::append_end(out, page.unknown_titles);
  return out;
}

}  // namespace marquee::serving
