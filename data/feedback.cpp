#include "data/feedback.h"

#include <algorithm>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "core/error.h"
#include "core/file.h"
#include "core/text.h"
#include "data/csv.h"
#include "data/events.h"
#include "data/feedback_lines.h"

namespace marquee::data {

namespace {

namespace fs = std::filesystem;

constexpr int64_t kSecondMs = 1'000;
constexpr double kHourMs = 3'600'000;

struct Place {
  size_t row = 0, position = 0;
};

struct ShownRow {
  std::string kind;
  double propensity = 1;  // of the row, given those above it
  int64_t offered = 0;    // kinds of rows that could have come, a bit each; 0: not said
  std::vector<std::string> titles;
  std::vector<double> propensities;  // of the titles; empty: 1 each
  double reward = 0;
};

struct Page {
  std::string request, user, policy;
  int64_t shown_ms = 0;
  std::vector<double> features;
  std::vector<ShownRow> rows;
};

struct LoggedEvent {
  std::string id, request, user, title, kind, value;
  int64_t received_ms = 0, happened = 0;  // Unix seconds
};

std::string text_of(const Json& line, const char* key) {
  const auto found = line.find(key);
  return found == line.end() ? "" : found->get<std::string>();
}

Page page_of(const Json& line) {
  Page page{line.at("request_id"), text_of(line, "user"), line.at("policy"), line.at("at"), {}, {}};
  if (line.contains("features")) page.features = line["features"].get<std::vector<double>>();
  for (const Json& each : line.at("rows")) {
    ShownRow& row = page.rows.emplace_back();
    row.kind = each.at("row");
    row.propensity = each.value("row_propensity", 1.0);
    row.offered = each.value("offered", int64_t{0});
    row.titles = each.at("titles").get<std::vector<std::string>>();
    if (each.at("propensity").is_array()) {
      row.propensities = each["propensity"].get<std::vector<double>>();
    }
  }
  return page;
}

LoggedEvent event_of(const Json& line) {
  LoggedEvent event{line.at("event_id"),   text_of(line, "request_id"),
                    text_of(line, "user"), line.at("title_id"),
                    line.at("event"),      "",
                    line.at("at"),         0};
  event.happened = line.value("timestamp", event.received_ms / kSecondMs);
  if (line.contains("value")) event.value = line["value"].dump();
  return event;
}

// What counts as a success of a row.
bool is_reward(const std::string& event) {
  return event == name(Event::kPlay) || event == name(Event::kComplete) ||
         event == name(Event::kLike) || event == name(Event::kRating);
}

class Join {
 public:
  explicit Join(const FeedbackOptions& options)
      : window_ms_(static_cast<int64_t>(options.window_hours * kHourMs)),
        forgotten_(options.forgotten) {
    std::error_code unreadable;
    for (const auto& entry : fs::directory_iterator(options.folder, unreadable)) {
      if (entry.path().extension() == kFeedbackSuffix) result_.files.push_back(entry.path());
    }
    if (result_.files.empty()) {
      throw Error(cat(options.folder.string(), ": has no segments (*", kFeedbackSuffix,
                      "); it must be a folder of marquee serve --exposures"));
    }
    std::ranges::sort(result_.files);
  }

  JoinedFeedback run(const fs::path& out) {
    for (const auto& file : result_.files) read(file);
    FileWriter interactions(out / "feedback.csv");
    interactions.write("user_id,title_id,timestamp,event,value,propensity,position\n");
    for (const LoggedEvent& event : events_) {
      if (!event.user.empty()) interactions.write(joined(event));
    }
    interactions.close();
    write_rows(out / "shown.csv");
    result_.counts.pages = std::ssize(pages_);
    result_.counts.events = std::ssize(events_);
    return std::move(result_);
  }

 private:
  void read(const fs::path& file) {
    const std::string text = read_file(file);
    int64_t number = 0;
    for (size_t begin = 0; begin < text.size();) {
      ++number;
      const size_t end = text.find('\n', begin);
      if (end == std::string::npos) {  // the server was killed as it wrote
        result_.counts.torn_bytes += static_cast<int64_t>(text.size() - begin);
        return;
      }
      const std::string_view json = json_of(std::string_view(text).substr(begin, end - begin));
      if (json.empty()) {
        throw artefact_error(cat(file.string(), ":", number,
                                 ": the line is damaged: its checksum is not that of its text"));
      }
      try {
        add(Json::parse(json));
      } catch (const Json::exception& error) {
        throw artefact_error(
            cat(file.string(), ":", number, ": is no line of such a log: ", json_reason(error)));
      }
      begin = end + 1;
    }
  }

  // Of somebody who was forgotten since.
  bool is_forgotten(const Json& line) {
    if (forgotten_ == nullptr || forgotten_->empty() || !line.contains("user")) return false;
    const std::string user = line.at("user");
    const auto [known, is_new] = forgotten_until_.try_emplace(user);
    if (is_new) known->second = forgotten_->forgotten_until(user);
    return known->second && line.at("at").get<int64_t>() / kSecondMs <= *known->second;
  }

  void add(const Json& line) {
    const std::string kind = line.at("kind");
    if (is_forgotten(line)) return;
    if (kind == "gap") {
      result_.counts.left_out += line.at("left_out").get<int64_t>();
    } else if (kind == "shown") {
      Page page = page_of(line);
      if (!by_request_.emplace(page.request, pages_.size()).second) {
        ++result_.counts.repeated_pages;
        return;
      }
      if (!page.user.empty()) by_user_[page.user].push_back(pages_.size());
      pages_.push_back(std::move(page));
    } else {
      LoggedEvent event = event_of(line);
      if (!event_ids_.insert(event.id).second) {
        ++result_.counts.repeated_events;
        return;
      }
      events_.push_back(std::move(event));
    }
  }

  static bool find(const Page& page, const std::string& title, Place& place) {
    for (size_t row = 0; row < page.rows.size(); ++row) {
      const auto& titles = page.rows[row].titles;
      const auto found = std::ranges::find(titles, title);
      if (found == titles.end()) continue;
      place = {row, static_cast<size_t>(found - titles.begin())};
      return true;
    }
    return false;
  }

  // The page that an event came from and where on it; null, and counted, where there is none.
  Page* source_of(const LoggedEvent& event, Place& place) {
    FeedbackCounts& counts = result_.counts;
    if (!event.request.empty()) {
      const auto page = by_request_.find(event.request);
      Page* named = page == by_request_.end() ? nullptr : &pages_[page->second];
      const bool others = named != nullptr && !named->user.empty() && named->user != event.user;
      if (named == nullptr || others || !find(*named, event.title, place)) {
        ++counts.without_page;
        return nullptr;
      }
      if (event.received_ms - named->shown_ms > window_ms_) {
        ++counts.late;
        return nullptr;
      }
      ++counts.joined_by_request;
      return named;
    }
    const auto pages = by_user_.find(event.user);
    if (pages != by_user_.end()) {
      for (auto i = pages->second.rbegin(); i != pages->second.rend(); ++i) {
        const int64_t since = event.received_ms - pages_[*i].shown_ms;
        if (since < 0 || since > window_ms_ || !find(pages_[*i], event.title, place)) continue;
        ++counts.joined_by_title;
        return &pages_[*i];
      }
    }
    ++counts.without_page;
    return nullptr;
  }

  // The event as a line of interactions.
  std::string joined(const LoggedEvent& event) {
    std::string line = cat(csv_field(event.user), ',', csv_field(event.title), ',', event.happened,
                           ',', event.kind, ',', event.value, ',');
    Place place;
    Page* page = source_of(event, place);
    if (page == nullptr) return line + ",\n";
    ShownRow& row = page->rows[place.row];
    if (event.happened < page->shown_ms / kSecondMs) ++result_.counts.skewed;
    row.reward += is_reward(event.kind);
    const double of_title = row.propensities.empty() ? 1 : row.propensities.at(place.position);
    return cat(line, general(row.propensity * of_title, 9), ',', place.position, '\n');
  }

  void write_rows(const fs::path& file) {
    FileWriter out(file);
    size_t features = 0;
    for (const Page& page : pages_) features = std::max(features, page.features.size());
    out.write("request_id,user_id,timestamp,policy,item_id,position,propensity,offered");
    for (size_t i = 0; i < features; ++i) out.write(cat(",feature_", i));
    out.write(",reward\n");
    for (const Page& page : pages_) {
      for (size_t i = 0; i < page.rows.size(); ++i) {
        const ShownRow& row = page.rows[i];
        std::string line =
            cat(csv_field(page.request), ',', csv_field(page.user), ',', page.shown_ms / kSecondMs,
                ',', csv_field(page.policy), ',', row.kind, ',', i, ',',
                general(row.propensity, 17), ',', row.offered);
        for (size_t f = 0; f < features; ++f) {
          line += f < page.features.size() ? "," + general(page.features[f], 17) : ",0";
        }
        out.write(cat(line, ',', general(row.reward), '\n'));
        ++result_.counts.rows;
      }
    }
    out.close();
  }

  const int64_t window_ms_;
  const Tombstones* const forgotten_;                                        // null: nobody
  std::unordered_map<std::string, std::optional<int64_t>> forgotten_until_;  // by user
  JoinedFeedback result_;
  std::vector<Page> pages_;
  std::vector<LoggedEvent> events_;
  std::unordered_map<std::string, size_t> by_request_;
  std::unordered_map<std::string, std::vector<size_t>> by_user_;  // pages, oldest first
  std::unordered_set<std::string> event_ids_;
};

}  // namespace

JoinedFeedback join_feedback(const FeedbackOptions& options, const fs::path& out) {
  return Join(options).run(out);
}

Json facts_of(const FeedbackCounts& counts) {
  return {{"pages", counts.pages},
          {"rows", counts.rows},
          {"events", counts.events},
          {"joined_by_request", counts.joined_by_request},
          {"joined_by_title", counts.joined_by_title},
          {"without_page", counts.without_page},
          {"late", counts.late},
          {"skewed", counts.skewed},
          {"repeated_events", counts.repeated_events},
          {"repeated_pages", counts.repeated_pages},
          {"left_out", counts.left_out},
          {"torn_bytes", counts.torn_bytes}};
}

}  // namespace marquee::data
