// The frame of every report: one HTML file with the house's style, which loads nothing.
#pragma once

#include <string>
#include <string_view>

namespace marquee::evaluation {

// title: text; body: HTML, all of it but the footer, whose first sentence says which program wrote
// it; `footer` is what follows.
std::string html_document(std::string_view title, std::string_view body,
                          std::string_view footer = "");

}  // namespace marquee::evaluation
