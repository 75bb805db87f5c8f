#include "inference/json_writer.h"

namespace marquee::inference {

std::string to_json(const Answer& answer) {
  std::string out;
  out.reserve(128 + kItemBytes * answer.items.size());
  append_id(out, answer.id);
  out += ",\"model\":";
  append_text(out, answer.model);
  append_request_id(out, answer.request_id);
  append_items(out, answer.items);
  if (answer.degraded) out += ",\"degraded\":true";
  if (!answer.relaxed.empty()) append_texts(out, ",\"relaxed\":", answer.relaxed);
  append_end(out, answer.unknown_titles);
  return out;
}

std::string to_json(const PredictAnswer& answer) {
  std::string out;
  append_id(out, answer.id);
  append_list(out, ",\"ratings\":", answer.ratings, [&](const PredictedRating& item) {
    out += "{\"title_id\":";
    append_text(out, item.title_id);
    out += ",\"rating\":";
    append_number(out, item.rating);
    out += '}';
  });
  append_end(out, answer.unknown_titles);
  return out;
}

std::string error_json(const std::string& id, int64_t line, const std::string& message) {
  std::string out;
  append_id(out, id);
  out += ",\"line\":" + std::to_string(line) + ",\"error\":";
  append_text(out, message);
  out += '}';
  return out;
}

}  // namespace marquee::inference
