#include "core/json.h"

#include "core/error.h"

namespace marquee {

Json parse_json(const std::string& text, const std::string& where) {
  try {
    return Json::parse(text);
  } catch (const Json::exception& e) {
    throw artefact_error(where + " is not valid JSON: " + json_reason(e));
  }
}

std::string json_reason(const Json::exception& exception) {
  const std::string text = exception.what();  // "[json.exception.parse_error.101] parse error ..."
  const size_t end = text.find("] ");
  return text.starts_with("[json.exception") && end != std::string::npos ? text.substr(end + 2)
                                                                         : text;
}

}  // namespace marquee
