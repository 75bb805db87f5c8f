#include "evaluation/report/markup.h"

#include <cctype>

#include "core/text.h"
#include "evaluation/report/definitions.h"

namespace marquee::evaluation {

namespace {

std::string_view base_of(std::string_view metric) { return metric.substr(0, metric.find('@')); }

int digits_of(std::string_view metric) {
  const std::string_view base = base_of(metric);
  if (base == "novelty" || base == "popularity_lift") return 2;
  if (base == "coverage" || base == "gini" || base == "diversity" || base == "calibration") {
    return 3;
  }
  return 4;
}

}  // namespace

std::string escape(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\'':
        escaped += "&#39;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

std::string breakable(std::string_view label) { return join(split(escape(label), '_'), "_<wbr>"); }

std::string html_fact(std::string_view name, std::string_view value) {
  return cat("<div><dt>", escape(name), "</dt><dd>", escape(value), "</dd></div>");
}

std::string value_text(std::string_view metric, double value) {
  return fixed(value, digits_of(metric));
}

std::string range_text(std::string_view metric, const Interval& interval) {
  const int digits = digits_of(metric);
  return fixed(interval.low, digits) + (interval.low < 0 ? " to " : "–") +
         fixed(interval.high, digits);
}

std::string percent(double share) { return fixed(100 * share, 1) + "\u202f%"; }

std::string signed_percent(double share, int decimals) {
  return cat(share > 0 ? "+" : "", fixed(100 * share, decimals), " %");
}

std::string range_of(const Interval& interval, std::string (*text)(double)) {
  return cat(text(interval.low), " to ", text(interval.high));
}

std::string html_made_by(uint64_t seed, int64_t resamples, const std::string& command) {
  return cat("<section class=\"lineage\"><h2 id=\"lineage\">Where it comes from</h2>\n<p>Seed ",
             seed, ", ", grouped(resamples), " resamples:</p><pre><code>", escape(command),
             "</code></pre></section>\n");
}

std::string percent_range(const Interval& shares) {
  return fixed(100 * shares.low, 1) + " to " + percent(shares.high);
}

std::string count(int64_t n, std::string_view one) {
  return cat(grouped(n), ' ', one, n == 1 ? "" : "s");
}

std::string display_name(std::string_view metric) {
  const std::string_view base = base_of(metric);
  return std::string(definition(base).name) + std::string(metric.substr(base.size()));
}

std::string linked_name(std::string_view metric) {
  return cat("<a href=\"#def-", base_of(metric), "\">", display_name(metric), "</a>");
}

std::string protocol_name(std::string_view protocol) { return definition(protocol).name; }

std::string enumerated(const std::vector<std::string>& words) {
  std::string text;
  for (size_t i = 0; i < words.size(); ++i) {
    if (i > 0) text += i + 1 == words.size() ? " and " : ", ";
    text += words[i];
  }
  return text;
}

}  // namespace marquee::evaluation
