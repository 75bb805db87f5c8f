#include "data/forget_members.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <iterator>
#include <set>

#include "core/artefact.h"
#include "core/error.h"
#include "core/file.h"
#include "core/text.h"
#include "data/append.h"
#include "data/dataset.h"
#include "data/table.h"
#include "data/tombstones.h"
#include "data/whole_dataset.h"

namespace marquee::data {

namespace fs = std::filesystem;

namespace {

constexpr const char* kShown = "shown.csv";
constexpr const char* kReplacedFile = ".replaced";
constexpr std::array<const char*, 4> kParts = {"train", "valid", "test", "given"};

// A row of shown.csv as it is in the file, and whose it is.
template <typename Take>
void for_each_shown(const fs::path& file, const Take& take) {
  Problems problems;
  const Table table(file, {{{"user_id", true}}}, TableFormat{}, problems);
  problems.throw_if_any("nothing was changed");
  Findings findings;
  const std::string_view all = table.records();
  const auto reader = table.read(all, findings);
  const char* begin = nullptr;
  std::string user;
  const auto passed = [&](const char* end) {
    if (begin != nullptr) take(user, std::string_view(begin, static_cast<size_t>(end - begin)));
  };
  while (reader->next()) {
    passed(reader->where());
    begin = reader->where();
    user = reader->fields().front();
  }
  passed(all.data() + all.size());
}

// A dataset without one of its members, in another folder.
class Rewriting {
 public:
  Rewriting(const fs::path& folder, const std::vector<std::string>& ids)
      : dataset_(folder),
        folder_(folder),
        ids_(ids.begin(), ids.end()),
        facts_(dataset_.manifest().facts) {
    for (const std::string& id : ids) {
      if (const auto user = dataset_.find_user(id)) users_.insert(*user);
    }
  }

  const Manifest& manifest() const { return dataset_.manifest(); }

  // Of the member, those that rules of the mapping left out among them.
  int64_t interactions() const {
    if (has_whole(manifest())) return Rewriting(whole_of(manifest()), ids()).interactions();
    int64_t count = 0;
    for (const int64_t user : users_) count += dataset_.history(user).size();
    return count;
  }

  int64_t shown_rows() const {
    int64_t count = 0;
    if (dataset_.manifest().lists(kShown)) {
      for_each_shown(folder_ / kShown,
                     [&](const auto& user, auto) { count += ids_.contains(user); });
    }
    return count;
  }

  void write(const fs::path& to) {
    for (const FileEntry& entry : dataset_.manifest().files) {
      const bool of_members =
          entry.path.starts_with("users.") || entry.path.starts_with("interactions.");
      const bool rewritten = entry.path == kShown || entry.path == kDatasetTombstones ||
                             entry.path.starts_with(cat(kWholeDataset, "/"));
      if (rewritten || (!users_.empty() && of_members)) continue;
      fs::copy_file(folder_ / entry.path, to / entry.path);
    }
    if (!users_.empty()) {
      write_users(to);
      write_interactions(to);
      count_down();
    }
    if (dataset_.manifest().lists(kShown)) write_shown(to / kShown);
    if (has_whole(manifest())) write_whole(to / kWholeDataset);
  }

  Json facts() const { return facts_; }

 private:
  void write_users(const fs::path& to) const {
    const auto others = [&](const auto& value_of) {
      std::vector<std::string_view> column;
      for (int64_t i = 0; i < dataset_.users(); ++i) {
        if (!users_.contains(i)) column.push_back(value_of(i));
      }
      return column;
    };
    write_string_column(to, "users.ids", others([&](int64_t i) { return dataset_.user_id(i); }));
    for (size_t a = 0; a < dataset_.attribute_names().size(); ++a) {
      write_string_column(to, cat("users.attribute", a),
                          others([&](int64_t i) { return dataset_.attribute(a, i); }));
    }
  }

  // The part of each history's column that `of` gives, of all other members.
  template <typename Of>
  void write_column(const fs::path& file, const Of& of) const {
    FileWriter out(file);
    for (int64_t i = 0; i < dataset_.users(); ++i) {
      if (!users_.contains(i)) out.write_values(of(dataset_.history(i)));
    }
    out.close();
  }

  void write_interactions(const fs::path& to) const {
    std::vector<uint64_t> offsets = {0};
    for (int64_t i = 0; i < dataset_.users(); ++i) {
      if (users_.contains(i)) continue;
      offsets.push_back(offsets.back() + static_cast<uint64_t>(dataset_.history(i).size()));
    }
    FileWriter out(to / "interactions.offsets");
    out.write_values(std::span<const uint64_t>(offsets));
    out.close();
    write_column(to / "interactions.titles", [](const History& h) { return h.titles; });
    write_column(to / "interactions.times", [](const History& h) { return h.times; });
    write_column(to / "interactions.events", [](const History& h) { return h.events; });
    write_column(to / "interactions.values", [](const History& h) { return h.values; });
    write_column(to / "interactions.parts", [](const History& h) { return h.parts; });
    if (dataset_.has_fractions()) {
      write_column(to / "interactions.fractions", [](const History& h) { return h.fractions; });
    }
    if (!facts_.at("has_propensities").get<bool>()) return;
    write_column(to / "interactions.propensities", [](const History& h) { return h.propensities; });
    write_column(to / "interactions.positions", [](const History& h) { return h.positions; });
  }

  void write_whole(const fs::path& to) const {
    fs::create_directory(to);
    Rewriting whole(whole_of(manifest()), ids());
    whole.write(to);
    write_manifest(to, "dataset", whole.facts(), whole.manifest().sources);
  }

  std::vector<std::string> ids() const { return {ids_.begin(), ids_.end()}; }

  void write_shown(const fs::path& to) const {
    const std::string all = read_file(folder_ / kShown);
    std::string kept = all.substr(0, all.find('\n') + 1);
    for_each_shown(folder_ / kShown, [&](const std::string& user, std::string_view row) {
      if (!ids_.contains(user)) kept.append(row);
    });
    write_file(to, kept);
  }

  void count_down() {
    const auto less = [&](const char* name, int64_t by) {
      if (facts_.contains(name)) facts_[name] = facts_[name].get<int64_t>() - by;
    };
    less("users", std::ssize(users_));
    for (const int64_t user : users_) {
      const History history = dataset_.history(user);
      less("interactions", history.size());
      for (size_t part = 0; part < kParts.size(); ++part) {
        less(kParts[part], std::ranges::count(history.parts, static_cast<Part>(part)));
      }
    }
  }

  const Dataset dataset_;
  const fs::path folder_;
  const std::set<std::string, std::less<>> ids_;
  std::set<int64_t> users_;  // indices of those that are there
  Json facts_;
};

Tombstones tombstones_of(const Manifest& manifest) {
  if (!manifest.lists(kDatasetTombstones)) return {};
  return Tombstones::read(manifest.folder / kDatasetTombstones);
}

}  // namespace

std::vector<std::string> ids_of(const Manifest& dataset) {
  auto ids = dataset.facts.value("former_ids", std::vector<std::string>{});
  ids.push_back(dataset.sha256);
  return ids;
}

std::vector<std::string> replaced_ids(const fs::path& folder) {
  std::vector<std::string> ids;
  if (!fs::exists(folder / kReplacedFile)) return ids;
  const std::string text = read_file(folder / kReplacedFile);
  for (const std::string_view id : split(text, '\n')) {
    if (!id.empty()) ids.emplace_back(id);
  }
  return ids;
}

void keep_replaced_ids(const fs::path& folder, const std::vector<std::string>& ids) {
  const std::set<std::string> distinct(ids.begin(), ids.end());
  std::string text;
  for (const std::string& id : distinct) text += id + "\n";
  if (!text.empty()) write_file(folder / kReplacedFile, text);
}

DatasetErasure forget_member(const fs::path& folder, const std::vector<std::string>& ids,
                             int64_t until) {
  ArtefactWriter writer(folder, "dataset", /*overwrite=*/true);
  Rewriting rewriting(folder, ids);
  const Manifest& manifest = rewriting.manifest();
  DatasetErasure erasure{rewriting.interactions(), rewriting.shown_rows(), {}};
  if (erasure.interactions + erasure.shown > 0) {
    erasure.held_in = ids_of(manifest);
    std::ranges::move(replaced_ids(folder), std::back_inserter(erasure.held_in));
  }
  rewriting.write(writer.folder());
  Tombstones tombstones = tombstones_of(manifest);
  for (const std::string& id : ids) {
    tombstones.add(id, until, erasure.held_in);
    const auto before = tombstones.held_in(id);
    erasure.held_in.insert(erasure.held_in.end(), before.begin(), before.end());
  }
  tombstones.write(writer.folder() / kDatasetTombstones);
  keep_replaced_ids(writer.folder(), replaced_ids(folder));
  Json facts = rewriting.facts();
  facts["former_ids"] = ids_of(manifest);
  facts["forgotten_members"] = tombstones.size();
  writer.commit(std::move(facts), manifest.sources);
  return erasure;
}

namespace {

constexpr const char* kLeftOut = "nothing, by the mapping";

Json interaction_of(const Dataset& dataset, const History& history, size_t i,
                    const char* used_for) {
  Json interaction = {{"title_id", dataset.catalogue().id(history.titles[i])},
                      {"name", dataset.catalogue().name(history.titles[i])},
                      {"timestamp", history.times[i]},
                      {"event", std::string(name(history.events[i]))},
                      {"used_for", used_for}};
  if (!std::isnan(history.values[i])) {
    interaction["value"] = std::strtod(general(history.values[i]).c_str(), nullptr);
  }
  return interaction;
}

Json interactions_of(const Dataset& dataset, int64_t user) {
  const History history = dataset.history(user);
  Json interactions = Json::array();
  for (size_t i = 0; i < history.titles.size(); ++i) {
    const char* part = kParts[static_cast<size_t>(history.parts[i])];
    interactions.push_back(interaction_of(dataset, history, i, part));
  }
  return interactions;
}

// What is only in what rules of the mapping left out → whether there is any.
bool add_left_out(const Dataset& dataset, const std::vector<std::string>& ids, Json& interactions) {
  if (!has_whole(dataset.manifest())) return false;
  const Dataset whole(whole_of(dataset.manifest()));
  KnownEvents kept(&dataset);
  for (const std::string& id : ids) {
    const auto user = whole.find_user(id);
    if (!user) continue;
    const History history = whole.history(*user);
    kept.begin(id);
    for (size_t i = 0; i < history.titles.size(); ++i) {
      const std::string_view title = whole.catalogue().id(history.titles[i]);
      if (kept.take({title, history.times[i], history.events[i], history.values[i]})) continue;
      interactions.push_back(interaction_of(whole, history, i, kLeftOut));
    }
  }
  return !interactions.empty();
}

}  // namespace

Json exported_member(const fs::path& folder, const std::vector<std::string>& ids) {
  const Dataset dataset(folder);
  Json attributes = Json::object(), interactions = Json::array();
  bool found = add_left_out(dataset, ids, interactions);
  for (const std::string& id : ids) {
    const auto user = dataset.find_user(id);
    if (!user) continue;
    found = true;
    for (size_t a = 0; a < dataset.attribute_names().size(); ++a) {
      attributes[dataset.attribute_names()[a]] = dataset.attribute(a, *user);
    }
    for (Json& each : interactions_of(dataset, *user)) interactions.push_back(std::move(each));
  }
  std::string shown;  // CSV, as the dataset has it
  if (dataset.manifest().lists(kShown)) {
    for_each_shown(folder / kShown, [&](const std::string& user, std::string_view row) {
      if (std::ranges::find(ids, user) != ids.end()) shown.append(row);
    });
  }
  if (!found && shown.empty()) return nullptr;
  Json member = {{"attributes", std::move(attributes)}, {"interactions", std::move(interactions)}};
  if (!shown.empty()) {
    const std::string all = read_file(folder / kShown);
    member["shown_csv"] = all.substr(0, all.find('\n') + 1) + shown;
  }
  return member;
}

}  // namespace marquee::data
