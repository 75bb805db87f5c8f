// JSON written by hand, because it is on the path of every answer. Each function appends to `out`.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "inference/request.h"

namespace marquee::inference {

inline constexpr size_t kItemBytes = 192;  // enough for most items

void append_text(std::string& out, std::string_view text);  // quoted and escaped

// The shortest digits that give the same number again.
void append_number(std::string& out, float value);
void append_number(std::string& out, double value);

void append_id(std::string& out, const std::string& id);          // {"id":…, null for ""
void append_request_id(std::string& out, const std::string& id);  // ,"request_id":…; nothing for ""

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

void append_texts(std::string& out, const char* key, const std::vector<std::string>& texts);
void append_items(std::string& out, const std::vector<AnsweredTitle>& items);

// "unknown_titles" where there are any, and the end of the object.
void append_end(std::string& out, const std::vector<std::string>& unknown_titles);

}  // namespace marquee::inference
