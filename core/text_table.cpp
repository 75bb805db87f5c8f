#include "core/text_table.h"

#include <algorithm>

#include "core/text.h"

namespace marquee {

namespace {

// Columns that a text takes on a terminal: UTF-8 sequences count once.
size_t width(const std::string& text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

}  // namespace

std::string text_table(const std::vector<std::vector<std::string>>& rows, Align others) {
  std::vector<std::vector<std::string>> cells = rows;
  std::vector<size_t> widths;
  for (auto& row : cells) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t i = 0; i < row.size(); ++i) {
      row[i] = printable(row[i], LineEnds::kEscaped);
      widths[i] = std::max(widths[i], width(row[i]));
    }
  }
  std::string text;
  for (const auto& row : cells) {
    for (size_t i = 0; i < row.size(); ++i) {
      const std::string blanks(widths[i] - width(row[i]), ' ');
      const bool right = i > 0 && others == Align::kRight;
      text += i == 0 ? "" : "  ";
      if (right) text += blanks;
      text += row[i];
      if (!right && i + 1 < row.size()) text += blanks;
    }
    text += "\n";
  }
  return text;
}

}  // namespace marquee
