// Limits of an audit that do not hold, as every report writes them.
#pragma once

#include <string>
#include <vector>

#include "core/json.h"

namespace marquee::evaluation {

// A limit, and what was found.
struct Finding {
  enum class Kind {
    kExceeded,  // even the better end of the 95 % interval is beyond the limit
    kUnclear,   // the value is, the better end is not
  };
  Kind kind = Kind::kUnclear;
  std::string text;
  std::string bundle = {};  // that it is of, in reports on several
};

bool any_exceeded(const std::vector<Finding>& findings);

// "Limits are exceeded", "No limit is surely exceeded" or "All limits hold".
std::string headline_of(const std::vector<Finding>& findings);

std::string findings_html(const std::vector<Finding>& findings);     // a list; "" for none
std::string findings_console(const std::vector<Finding>& findings);  // a line each
Json findings_json(const std::vector<Finding>& findings);

}  // namespace marquee::evaluation
