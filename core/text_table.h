// Tables for a terminal. What the cells hold may come from anywhere: it is made harmless.
#pragma once

#include <string>
#include <vector>

namespace marquee {

enum class Align { kLeft, kRight };

// Columns two spaces apart; the first row is the header. `others`: how all columns but the first
// are aligned.
std::string text_table(const std::vector<std::vector<std::string>>& rows,
                       Align others = Align::kLeft);

}  // namespace marquee
