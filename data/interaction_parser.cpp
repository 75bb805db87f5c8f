#include "data/interaction_parser.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/text.h"
#include "data/fields.h"
#include "data/limits.h"

namespace marquee::data {

bool PieceParser::has_shown(const Table& table) {
  return table.has(static_cast<size_t>(InteractionColumn::kPropensity)) ||
         table.has(static_cast<size_t>(InteractionColumn::kPosition));
}

PieceParser::PieceParser(const Table& table, Wanted wanted, const Tombstones& forgotten,
                         const Mapping& mapping, Piece& piece)
    : table_(table),
      given_(wanted.given),
      shown_(wanted.shown),
      forgotten_(forgotten),
      mapping_(mapping),
      piece_(piece) {
  piece_.of_name.resize(mapping.events.size());
}

void PieceParser::parse(std::string_view text) {
  const auto reader = table_.read(text, piece_.findings);
  while (reader->next()) {
    fields_ = reader->fields();
    where_ = reader->where();
    add();
  }
}

bool PieceParser::refuse(Column column, std::string_view reason) {
  piece_.findings.add(where_, cat(table_.columns()[static_cast<size_t>(column)], " ",
                                  in_quotes(field(column)), ": ", reason));
  return false;
}

void PieceParser::add() {
  Row row{};
  Shown shown{std::numeric_limits<float>::quiet_NaN(), kNoPosition};
  // Every wrong field of a record is reported, not only the first.
  bool fine = read_ids();
  fine &= read_time(row);
  fine &= read_event(row);
  if (given_) fine &= read_part(row);
  if (shown_) fine &= read_shown(shown);
  if (!fine) return;
  if (const auto reason = left_out(row)) {
    ++piece_.left_out[static_cast<size_t>(*reason)];
    return;
  }
  number_ids(row);
  ++piece_.rows_of_user[row.user];
  piece_.rows.push_back(row);
  if (shown_) piece_.shown.push_back(shown);
}

std::optional<LeftOut> PieceParser::left_out(const Row& row) {
  if (meaning_ != nullptr && !meaning_->event) return LeftOut::kEvent;
  if (row.time < mapping_.from) return LeftOut::kEarly;
  if (row.time >= mapping_.until) return LeftOut::kLate;
  if (row.value < mapping_.least[static_cast<size_t>(row.event)]) return LeftOut::kLow;
  if (!forgotten_.empty() && is_forgotten(row.time)) return LeftOut::kForgotten;
  return std::nullopt;
}

// What somebody did until they were forgotten.
bool PieceParser::is_forgotten(int64_t time) {
  const std::string_view user = field(Column::kUser);
  if (user != checked_user_) {
    checked_user_ = user;
    forgotten_until_ = forgotten_.forgotten_until(user);
  }
  return forgotten_until_ && time <= *forgotten_until_;
}

bool PieceParser::read_ids() {
  const std::string_view user = field(Column::kUser);
  const std::string_view title = field(Column::kTitle);
  bool fine = !user.empty() || refuse(Column::kUser, "empty; every record needs a user");
  fine &= !title.empty() || refuse(Column::kTitle, "empty; every record needs a title");
  fine &= user.size() <= kMaxIdBytes || refuse(Column::kUser, too_long(kMaxIdBytes));
  fine &= title.size() <= kMaxIdBytes || refuse(Column::kTitle, too_long(kMaxIdBytes));
  return fine;
}

void PieceParser::number_ids(Row& row) {
  const std::string_view user = field(Column::kUser);
  // Files are mostly written user by user.
  if (piece_.users.size() == 0 || user != piece_.users[last_user_]) {
    last_user_ = piece_.users.add(user);
    if (last_user_ == piece_.rows_of_user.size()) piece_.rows_of_user.push_back(0);
  }
  row.user = last_user_;
  row.title = piece_.titles.add(field(Column::kTitle));
}

bool PieceParser::read_time(Row& row) {
  const std::string_view text = field(Column::kTime);
  if (mapping_.ticks_a_second > 1) {
    if (const auto ticks = parse_whole(text)) {
      const int64_t ticks_a_second = mapping_.ticks_a_second;
      if (*ticks / ticks_a_second < kMinTime || *ticks / ticks_a_second > kMaxTime) {
        return refuse(Column::kTime,
                      "not in the years 1 to 9999; is time_unit of the mapping right?");
      }
      const int64_t left = (*ticks % ticks_a_second + ticks_a_second) % ticks_a_second;
      row.time = (*ticks - left) / ticks_a_second;
      row.fraction = static_cast<uint16_t>(left * 65'536 / ticks_a_second);
      return true;
    }
  }
  const auto time = parse_time(text);
  if (!time) return refuse(Column::kTime, time_advice(text));
  row.time = *time;
  row.fraction = second_fraction(text);
  return true;
}

bool PieceParser::read_event(Row& row) {
  const std::string_view event = field(Column::kEvent);
  meaning_ = nullptr;
  if (event.empty()) {
    row.event = field(Column::kValue).empty() ? Event::kPlay : Event::kRating;
  } else if (const auto index = mapping_.events.find(event)) {
    ++piece_.of_name[*index];
    meaning_ = &mapping_.events[*index];
    if (!meaning_->event) return true;
    row.event = *meaning_->event;
  } else if (const auto known = parse_event(event)) {
    row.event = *known;
  } else {
    return refuse(Column::kEvent,
                  "unknown event; it must be play, complete, rating, like, dislike, list or hide, "
                  "or a mapping must say what it means");
  }
  return read_value(row);
}

bool PieceParser::read_value(Row& row) {
  const std::string_view value = field(Column::kValue);
  row.value = kNoValue;
  if (meaning_ != nullptr && !std::isnan(meaning_->value)) {
    row.value = meaning_->value;
  } else if (!value.empty()) {
    const auto number = parse_number(value);
    if (!number) return refuse(Column::kValue, "not a finite number; give one, such as 3.5");
    row.value = *number * mapping_.scale[static_cast<size_t>(row.event)];
  }
  return check_value(row);
}

bool PieceParser::check_value(const Row& row) {
  if (std::isnan(row.value)) {
    return row.event != Event::kRating || refuse(Column::kValue, "empty; a rating needs a value");
  }
  if (std::isinf(row.value)) return refuse(Column::kValue, "too large once it is scaled");
  if (row.event == Event::kRating && !(std::abs(row.value) <= kMaxRating)) {
    return refuse(Column::kValue, "a rating must be from -1000000 to 1000000");
  }
  const bool watching = row.event == Event::kPlay || row.event == Event::kComplete;
  if (watching && (row.value < 0 || row.value > 1)) {
    return refuse(Column::kValue, "the fraction watched must be from 0 to 1");
  }
  return true;
}

bool PieceParser::read_part(Row& row) {
  const std::string_view part = field(Column::kSplit);
  if (part.empty() || part == "train") {
    row.part = Part::kTrain;
  } else if (part == "valid") {
    row.part = Part::kValid;
  } else if (part == "test") {
    row.part = Part::kTest;
  } else {
    return refuse(Column::kSplit, "unknown part; it must be train, valid, test or empty");
  }
  return true;
}

bool PieceParser::read_shown(Shown& shown) {
  bool fine = true;
  if (const std::string_view text = field(Column::kPropensity); !text.empty()) {
    const auto propensity = parse_number(text);
    if (propensity && *propensity > 0 && *propensity <= 1) {
      shown.propensity = *propensity;
    } else {
      fine = refuse(Column::kPropensity, "a propensity must be above 0 and at most 1");
    }
  }
  if (const std::string_view text = field(Column::kPosition); !text.empty()) {
    const auto position = parse_whole(text);
    if (position && *position >= 0 && *position < kNoPosition) {
      shown.position = static_cast<uint32_t>(*position);
    } else {
      fine = refuse(Column::kPosition, "a position must be a whole number, 0 or more");
    }
  }
  return fine;
}

}  // namespace marquee::data
