// JSON on cold paths: manifests, reports, golden requests. Keys keep the order they were set in, so
// that equal content gives equal bytes. Requests are parsed by inference/request.h instead.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace marquee {

using Json = nlohmann::ordered_json;

// Parses `text`; `where` names it in the Error (kind artefact) that malformed text causes.
Json parse_json(const std::string& text, const std::string& where);

// The message of a library exception, without the exception's name and number.
std::string json_reason(const Json::exception& exception);

}  // namespace marquee
