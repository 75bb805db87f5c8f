#include "evaluation/report/findings.h"

#include <algorithm>

#include "core/text.h"
#include "evaluation/report/markup.h"

namespace marquee::evaluation {

using Kind = Finding::Kind;

bool any_exceeded(const std::vector<Finding>& findings) {
  return std::ranges::any_of(findings,
                             [](const Finding& each) { return each.kind == Kind::kExceeded; });
}

std::string headline_of(const std::vector<Finding>& findings) {
  if (any_exceeded(findings)) return "Limits are exceeded";
  return findings.empty() ? "All limits hold" : "No limit is surely exceeded";
}

std::string findings_html(const std::vector<Finding>& findings) {
  std::string found;
  for (const Finding& each : findings) {
    found +=
        cat("<li>", each.kind == Kind::kExceeded ? "" : "not sure: ", escape(each.text), "</li>");
  }
  return found.empty() ? "" : cat("<ul>", found, "</ul>");
}

std::string findings_console(const std::vector<Finding>& findings) {
  std::string text;
  for (const Finding& each : findings) {
    text += cat(each.kind == Kind::kExceeded ? "! " : "? ",
                printable(each.text, LineEnds::kEscaped), "\n");
  }
  return text;
}

Json findings_json(const std::vector<Finding>& findings) {
  Json found = Json::array();
  for (const Finding& each : findings) {
    found.push_back(
        {{"kind", each.kind == Kind::kExceeded ? "exceeded" : "unclear"}, {"text", each.text}});
    if (!each.bundle.empty()) found.back()["bundle"] = each.bundle;
  }
  return found;
}

}  // namespace marquee::evaluation
