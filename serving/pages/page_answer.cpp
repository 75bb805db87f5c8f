#include "serving/pages/page_answer.h"

#include "inference/json_writer.h"
#include "inference/request_fields.h"

namespace marquee::serving {

namespace {

using inference::JsonField;
using inference::Request;

constexpr JsonField<Request> kPageFields[] = {
    inference::kHistoryField<Request>, inference::kUserField<Request>, inference::kIdField<Request>,
    inference::kAtField<Request>,      inference::kExcludeField,       inference::kFiltersField,
};

}  // namespace

Request parse_page_request(std::string_view json) {
  return inference::read_user_request<Request>(json, kPageFields);
}

const char* name(RowKind kind) {
  static constexpr const char* kNames[] = {"continue", "top", "because",
                                           "popular",  "new", "favourite"};
  return kNames[static_cast<size_t>(kind)];
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
  inference::append_list(out, ",\"rows\":", page.rows, [&](const PageRow& row) {
    out += "{\"kind\":";
    inference::append_text(out, name(row.kind));
    out += ",\"title\":";
    inference::append_text(out, row.title);
    inference::append_items(out, row.items);
    out += '}';
  });
  if (page.degraded) out += ",\"degraded\":true";
  inference::append_end(out, page.unknown_titles);
  return out;
}

}  // namespace marquee::serving
