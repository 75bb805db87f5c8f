#include "core/json.h"

#include "core/error.h"

namespace marquee {

Json parse_json(const std::string& text, const std::string& where) {
  try {
    return Json::parse(text);
  } catch (const Json::exception& e) {
    throw artefact_error(where + " is not valid JSON: " + e.what());
  }
}

}  // namespace marquee
