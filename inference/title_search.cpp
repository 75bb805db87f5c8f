#include "inference/title_search.h"

#include <algorithm>
#include <numeric>

#include "core/text.h"

namespace marquee::inference {

namespace {

// "The Lion King (1994)" → " the lion king 1994": words are letters, digits and all beyond ASCII.
std::string folded(std::string_view text) {
  std::string words;
  bool between = true;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const char lower = static_cast<char>(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
    const bool of_word = byte >= 0x80 || (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9');
    if (!of_word && c == '\'') continue;  // "Schindler's" is one word
    if (of_word && between) words += ' ';
    if (of_word) words += lower;
    between = !of_word;
  }
  return words;
}

}  // namespace

TitleSearch::TitleSearch(const TitleTable& titles) : titles_(titles), names_(1) {
  for (int64_t i = 1; i <= titles.size(); ++i) names_.push_back(folded(titles[i].name));
  most_watched_.resize(static_cast<size_t>(titles.size()));
  std::iota(most_watched_.begin(), most_watched_.end(), 1);
  std::stable_sort(most_watched_.begin(), most_watched_.end(), [&](uint32_t a, uint32_t b) {
    return titles[a].popularity > titles[b].popularity;
  });
}

std::vector<uint32_t> TitleSearch::find(std::string_view query, size_t most) const {
  const std::string whole = folded(query);
  std::vector<std::string> words;
  for (const std::string& word : split(whole, ' ')) {
    if (!word.empty()) words.push_back(" " + word);
  }
  std::vector<uint32_t> first, others;
  for (const uint32_t title : most_watched_) {
    const std::string& name = names_[title];
    if (titles_[title].withdrawn ||
        !std::all_of(words.begin(), words.end(), [&](const std::string& word) {
          return name.find(word) != std::string::npos;
        })) {
      continue;
    }
    (name.starts_with(whole) ? first : others).push_back(title);
    if (first.size() == most) break;
  }
  first.insert(first.end(), others.begin(), others.end());
  if (first.size() > most) first.resize(most);
  return first;
}

}  // namespace marquee::inference
