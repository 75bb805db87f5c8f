#include "data/forget_members.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>

#include "core/artefact.h"
#include "core/error.h"
#include "core/file.h"
#include "core/text.h"
#include "data/dataset.h"
#include "data/table.h"
#include "data/tombstones.h"

namespace marquee::data {

namespace fs = std::filesystem;

namespace {

constexpr const char* kShown = "shown.csv";
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
  Rewriting(const fs::path& folder, const std::string& user_id)
      : dataset_(folder),
        folder_(folder),
        user_id_(user_id),
        user_(dataset_.find_user(user_id)),
        facts_(dataset_.manifest().facts) {}

  const Dataset& dataset() const { return dataset_; }

  int64_t shown_rows() const {
    int64_t count = 0;
    if (dataset_.manifest().lists(kShown)) {
      for_each_shown(folder_ / kShown, [&](const auto& user, auto) { count += user == user_id_; });
    }
    return count;
  }

  void write(const fs::path& to) {
    for (const FileEntry& entry : dataset_.manifest().files) {
      const bool of_members =
          entry.path.starts_with("users.") || entry.path.starts_with("interactions.");
      const bool rewritten = entry.path == kShown || entry.path == kDatasetTombstones;
      if (rewritten || (user_ && of_members)) continue;
      fs::copy_file(folder_ / entry.path, to / entry.path);
    }
    if (user_) {
      write_users(to);
      write_interactions(to);
      count_down();
    }
    if (dataset_.manifest().lists(kShown)) write_shown(to / kShown);
  }

  Json facts() const { return facts_; }

 private:
  void write_users(const fs::path& to) const {
    const auto others = [&](const auto& value_of) {
      std::vector<std::string_view> column;
      for (int64_t i = 0; i < dataset_.users(); ++i) {
        if (i != *user_) column.push_back(value_of(i));
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
      if (i != *user_) out.write_values(of(dataset_.history(i)));
    }
    out.close();
  }

  void write_interactions(const fs::path& to) const {
    std::vector<uint64_t> offsets = {0};
    for (int64_t i = 0; i < dataset_.users(); ++i) {
      if (i == *user_) continue;
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
    if (!facts_.at("has_propensities").get<bool>()) return;
    write_column(to / "interactions.propensities", [](const History& h) { return h.propensities; });
    write_column(to / "interactions.positions", [](const History& h) { return h.positions; });
  }

  void write_shown(const fs::path& to) const {
    const std::string all = read_file(folder_ / kShown);
    std::string kept = all.substr(0, all.find('\n') + 1);
    for_each_shown(folder_ / kShown, [&](const std::string& user, std::string_view row) {
      if (user != user_id_) kept.append(row);
    });
    write_file(to, kept);
  }

  void count_down() {
    const History history = dataset_.history(*user_);
    const auto less = [&](const char* name, int64_t by) {
      if (facts_.contains(name)) facts_[name] = facts_[name].get<int64_t>() - by;
    };
    less("users", 1);
    less("interactions", history.size());
    for (size_t part = 0; part < kParts.size(); ++part) {
      less(kParts[part], std::ranges::count(history.parts, static_cast<Part>(part)));
    }
  }

  const Dataset dataset_;
  const fs::path folder_;
  const std::string user_id_;
  const std::optional<int64_t> user_;
  Json facts_;
};

Tombstones tombstones_of(const Manifest& manifest) {
  if (!manifest.lists(kDatasetTombstones)) return {};
  return Tombstones::read(manifest.folder / kDatasetTombstones);
}

}  // namespace

DatasetErasure forget_member(const fs::path& folder, const std::string& user_id, int64_t until) {
  ArtefactWriter writer(folder, "dataset", /*overwrite=*/true);
  Rewriting rewriting(folder, user_id);
  const Manifest& manifest = rewriting.dataset().manifest();
  DatasetErasure erasure;
  erasure.shown = rewriting.shown_rows();
  if (const auto user = rewriting.dataset().find_user(user_id)) {
    erasure.interactions = rewriting.dataset().history(*user).size();
  }
  erasure.ids = manifest.facts.value("former_ids", std::vector<std::string>{});
  erasure.ids.push_back(manifest.sha256);
  rewriting.write(writer.folder());
  Tombstones tombstones = tombstones_of(manifest);
  erasure.held =
      erasure.interactions + erasure.shown > 0 || tombstones.forgotten_until(user_id).has_value();
  tombstones.add(user_id, until);
  tombstones.write(writer.folder() / kDatasetTombstones);
  Json facts = rewriting.facts();
  facts["former_ids"] = erasure.ids;
  facts["forgotten_members"] = tombstones.size();
  writer.commit(std::move(facts), manifest.sources);
  return erasure;
}

Json exported_member(const fs::path& folder, const std::string& user_id) {
  const Dataset dataset(folder);
  const auto user = dataset.find_user(user_id);
  if (!user) return nullptr;
  Json attributes = Json::object();
  for (size_t a = 0; a < dataset.attribute_names().size(); ++a) {
    attributes[dataset.attribute_names()[a]] = dataset.attribute(a, *user);
  }
  const History history = dataset.history(*user);
  Json interactions = Json::array();
  for (size_t i = 0; i < history.titles.size(); ++i) {
    Json each = {{"title_id", dataset.catalogue().id(history.titles[i])},
                 {"name", dataset.catalogue().name(history.titles[i])},
                 {"timestamp", history.times[i]},
                 {"event", std::string(name(history.events[i]))},
                 {"used_for", kParts[static_cast<size_t>(history.parts[i])]}};
    if (!std::isnan(history.values[i]))
      each["value"] = std::strtod(general(history.values[i]).c_str(), nullptr);
    interactions.push_back(std::move(each));
  }
  return {{"attributes", std::move(attributes)}, {"interactions", std::move(interactions)}};
}

}  // namespace marquee::data
