#include "data/file_kind.h"

#include <algorithm>
#include <array>
#include <regex>

#include "core/text.h"

namespace marquee::data {

namespace {

constexpr size_t kSample = 1'024;  // bytes looked at
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

struct Kind {
  std::string_view begin;
  const char* what;
};

// After "the file is ".
constexpr auto kKinds = std::to_array<Kind>({
    {"\x1F\x8B", "compressed; unpack it first"},
    {"PK\x03\x04", "a ZIP archive or an Excel workbook; unpack it, or save the sheet as CSV"},
    {"BZh", "compressed; unpack it first"},
    {"\xFD"
     "7zXZ",
     "compressed; unpack it first"},
    {"\x28\xB5\x2F\xFD", "compressed; unpack it first"},
    {"\xFF\xFE", "UTF-16; save it as UTF-8"},
    {"\xFE\xFF", "UTF-16; save it as UTF-8"},
    {"\xD0\xCF\x11\xE0", "an Excel workbook; save the sheet as CSV"},
    {"SQLite format 3", "an SQLite database; write the table to a CSV file"},
    {"ARROW1", "an Arrow file; write it as CSV or JSON lines"},
    {"ORC", "an ORC file; write it as CSV or JSON lines"},
    {"Obj\x01", "an Avro file; write it as CSV or JSON lines"},
    {"\x89HDF", "an HDF5 file; write it as CSV or JSON lines"},
    {"<!DOCTYPE", "an HTML page; download the data itself"},
    {"<!doctype", "an HTML page; download the data itself"},
    {"<html", "an HTML page; download the data itself"},
    {"<?xml", "XML; write it as CSV or JSON lines"},
});

// Text in which every other byte is NUL.
bool is_utf16_without_mark(std::string_view text) {
  const std::string_view sample = text.substr(0, std::min(text.size(), kSample) & ~size_t{1});
  std::array<size_t, 2> nuls{};
  for (size_t i = 0; i < sample.size(); ++i) nuls[i % 2] += sample[i] == '\0';
  const size_t half = sample.size() / 2;
  return half > 1 && ((nuls[0] == 0 && nuls[1] > half / 2) || (nuls[1] == 0 && nuls[0] > half / 2));
}

std::string movielens_hint(const std::filesystem::path& file) {
  const auto folder = file.has_parent_path() ? file.parent_path() : std::filesystem::path(".");
  return cat("the file looks like one of MovieLens; give its folder: --movielens ",
             folder.string());
}

}  // namespace

std::string not_a_table(std::string_view text, const std::filesystem::path& file) {
  if (text.starts_with("PARE")) return "the file is encrypted Parquet; write it without encryption";
  if (file.extension() == ".parquet") {
    return "the file does not begin as Parquet files do; it is damaged, or not complete";
  }
  if (text.empty()) return "the file is empty; it needs a header and records";
  for (const Kind& kind : kKinds) {
    if (text.starts_with(kind.begin)) return cat("the file is ", kind.what);
  }
  if (is_utf16_without_mark(text)) return "the file is UTF-16; save it as UTF-8";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  if (trim(text.substr(0, kSample)).starts_with('[')) {
    return "the file is a JSON array; write one object a line, as `jq -c '.[]'` does";
  }
  return "";
}

std::string not_a_header(std::string_view line, const std::filesystem::path& file) {
  static const std::regex kRatings(R"(\d+(\t\d+\t\d+(\.\d+)?\t\d+|::\d+::\d+(\.\d+)?::\d+)\r?)");
  static const std::regex kMovies(R"(\d+(::|\|)[^:|]+.*)");
  const std::string text(line.substr(0, kSample));
  if (std::regex_match(text, kRatings) || std::regex_match(text, kMovies)) {
    return movielens_hint(file);
  }
  // A quoted name that ends before something else than a comma, or one name and no comma at all.
  static const std::regex kQuoted(R"re(\s*"(?:[^"]|"")*"\s*([;\t|]).*)re");
  std::smatch found;
  std::string separator;
  if (std::regex_match(text, found, kQuoted)) {
    separator = found[1];
  } else if (text.find(',') == std::string::npos && text.find('"') == std::string::npos) {
    const size_t at = text.find_first_of(";\t|");
    if (at != std::string::npos) separator = text[at];
  }
  if (!separator.empty()) {
    return cat("the header ", in_quotes(trim(text)), " is one column; columns are separated by ",
               "commas, not by ", separator == "\t" ? "a tab" : cat("'", separator, "'"));
  }
  if (trim(text).find('\r') != std::string_view::npos) {
    return "lines end with a carriage return alone; save the file with LF or CRLF";
  }
  return "";
}

std::string foreign_columns(const std::vector<std::string>& header,
                            const std::filesystem::path& file) {
  const bool found = std::find(header.begin(), header.end(), "movieId") != header.end();
  return found ? movielens_hint(file) : "";
}

std::string not_json(std::string_view line) {
  static const std::regex kNumber(R"([:\[,]\s*(-?(?:NaN|nan|Infinity|inf|-Infinity))\s*[,}\]])");
  static const std::regex kQuote(R"([{,]\s*'[^']*'\s*:)");
  static const std::regex kWord(R"([:\[,]\s*(True|False|None)\s*[,}\]])");
  const std::string text(line.substr(0, kSample));
  std::smatch found;
  if (std::regex_search(text, found, kNumber)) {
    return cat(found[1].str(), " is no JSON number; leave the field out, or write null");
  }
  if (std::regex_search(text, found, kWord)) {
    return cat(found[1].str(), " is Python, not JSON; write true, false or null");
  }
  if (std::regex_search(text, found, kQuote)) return "JSON has double quotes, not single ones";
  return "";
}

}  // namespace marquee::data
