#include "inference/json_writer.h"

#include <charconv>

namespace marquee::inference {

void append_text(std::string& out, std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  out += '"';
  size_t plain = 0;  // from here on nothing is escaped and not appended yet
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && c != '"' && c != '\\') continue;
    out.append(text, plain, i - plain);
    plain = i + 1;
    if (c == '"' || c == '\\') {
      out += {'\\', c};
    } else if (c == '\n') {
      out += "\\n";
    } else {
      out += {'\\', 'u', '0', '0', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  out.append(text, plain);
  out += '"';
}

void append_number(std::string& out, float value) {
  char buffer[32];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value).ptr;
  out.append(buffer, end);
}

void append_number(std::string& out, double value) {
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

void append_texts(std::string& out, const char* key, const std::vector<std::string>& texts) {
  append_list(out, key, texts, [&](const std::string& text) { append_text(out, text); });
}

void append_request_id(std::string& out, const std::string& id) {
  if (id.empty()) return;
  out += ",\"request_id\":";
  append_text(out, id);
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

}  // namespace marquee::inference
