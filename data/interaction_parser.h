// Parses one piece of an interactions file to rows; every field is checked here.
#pragma once

#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "data/interactions.h"

namespace marquee::data {

// One piece of the file, its users and titles numbered by their first appearance in it.
struct Piece {
  Vocabulary users;
  Vocabulary titles;
  std::vector<Row> rows;
  std::vector<Shown> shown;
  std::vector<uint64_t> rows_of_user;
  std::array<int64_t, kReasons> left_out = {};  // records, by LeftOut
  std::vector<int64_t> of_name;                 // records, by the mapping's names of events
  Findings findings;

  void clear() {  // keeps the memory
    users.clear();
    titles.clear();
    rows.clear();
    shown.clear();
    rows_of_user.clear();
    left_out = {};
    of_name.clear();
    findings = {};
  }
};

class PieceParser {
 public:
  struct Wanted {
    bool given;  // the column "split" says of which part a row is
    bool shown;  // how interactions were shown, in this table or in others
  };
  PieceParser(const Table& table, Wanted wanted, const Tombstones& forgotten,
              const Mapping& mapping, Piece& piece);

  static bool has_shown(const Table& table);  // says how interactions were shown

  void parse(std::string_view text);

 private:
  using Column = InteractionColumn;

  std::string_view field(Column column) const { return fields_[static_cast<size_t>(column)]; }
  bool refuse(Column column, std::string_view reason);  // false

  void add();
  std::optional<LeftOut> left_out(const Row& row);  // the reason, if there is one
  bool is_forgotten(int64_t time);
  bool read_ids();
  void number_ids(Row& row);
  bool read_time(Row& row);
  bool read_event(Row& row);
  bool read_value(Row& row);
  bool check_value(const Row& row);
  bool read_part(Row& row);
  bool read_shown(Shown& shown);

  const Table& table_;
  const bool given_;
  const bool shown_;
  const Tombstones& forgotten_;
  const Mapping& mapping_;
  Piece& piece_;
  std::span<const std::string_view> fields_;
  const char* where_ = nullptr;
  const EventNames::Meaning* meaning_ = nullptr;  // that the mapping gives the record's event
  uint32_t last_user_ = 0;
  std::string checked_user_;  // the last one, and until when they are forgotten
  std::optional<int64_t> forgotten_until_;
};

}  // namespace marquee::data
