// Answers as JSON, written by hand: it is on the path of every request.
#include <charconv>
#include <cmath>

#include "inference/request.h"

namespace marquee::inference {

namespace {

constexpr size_t kItemBytes = 192;  // that most items take

void append_text(std::string& out, std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  out += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += {'\\', c};
    } else if (c == '\n') {
      out += "\\n";
    } else if (byte < 0x20) {
      out += {'\\', 'u', '0', '0', kHex[byte >> 4], kHex[byte & 15]};
    } else {
      out += c;
    }
  }
  out += '"';
}

// The shortest digits that give the same float again.
void append_number(std::string& out, float value) {
  char buffer[32];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value).ptr;
  out.append(buffer, end);
}

void append_id(std::string& out, const std::string& id) {
  out += "{\"id\":";
  if (id.empty()) {
    out += "null";
  } else {
    append_text(out, id);
  }
}

template <typename Values, typename Append>
void append_list(std::string& out, const char* key, const Values& values, const Append& append) {
  out += key;
  const char* separator = "[";
  for (const auto& value : values) {
    out += separator;
    append(value);
    separator = ",";
  }
  out += values.empty() ? "[]" : "]";
}

void append_texts(std::string& out, const char* key, const std::vector<std::string>& texts) {
  append_list(out, key, texts, [&](const std::string& text) { append_text(out, text); });
}

void append_items(std::string& out, const std::vector<AnsweredTitle>& items) {
  append_list(out, ",\"items\":", items, [&](const AnsweredTitle& item) {
    out += "{\"title_id\":";
    append_text(out, item.title_id);
    out += ",\"name\":";
    append_text(out, item.name);
    out += ",\"score\":";
    append_number(out, item.score);
    append_texts(out, ",\"reasons\":", item.reasons);
    if (item.year != 0) out += ",\"year\":" + std::to_string(item.year);
    if (!item.genres.empty()) append_texts(out, ",\"genres\":", item.genres);
    out += '}';
  });
}

void append_end(std::string& out, const std::vector<std::string>& unknown_titles) {
  if (!unknown_titles.empty()) append_texts(out, ",\"unknown_titles\":", unknown_titles);
  out += '}';
}

}  // namespace

std::string to_json(const Answer& answer) {
  std::string out;
  out.reserve(128 + kItemBytes * answer.items.size());
  append_id(out, answer.id);
  out += ",\"model\":";
  append_text(out, answer.model);
  append_items(out, answer.items);
  if (answer.degraded) out += ",\"degraded\":true";
  append_end(out, answer.unknown_titles);
  return out;
}

std::string to_json(const PageAnswer& page) {
  size_t room = 128;
  std::string out;
  for (const PageRow& row : page.rows) room += 128 + kItemBytes * row.items.size();
  out.reserve(room);
  append_id(out, page.id);
  out += ",\"model\":";
  append_text(out, page.model);
  append_list(out, ",\"rows\":", page.rows, [&](const PageRow& row) {
    out += "{\"kind\":";
    append_text(out, row.kind);
    out += ",\"title\":";
    append_text(out, row.title);
    append_items(out, row.items);
    out += '}';
  });
  if (page.degraded) out += ",\"degraded\":true";
  append_end(out, page.unknown_titles);
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

std::string to_json(const std::string& user_id, const std::vector<HistoryItem>& history) {
  std::string out = "{\"user_id\":";
  append_text(out, user_id);
  append_list(out, ",\"history\":", history, [&](const HistoryItem& item) {
    out += "{\"title_id\":";
    append_text(out, item.title_id);
    if (item.timestamp) out += ",\"timestamp\":" + std::to_string(*item.timestamp);
    out += ",\"event\":";
    append_text(out, data::name(item.event));
    if (!std::isnan(item.value)) {
      out += ",\"value\":";
      append_number(out, item.value);
    }
    out += '}';
  });
  out += '}';
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
