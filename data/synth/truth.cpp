#include "data/synth/truth.h"

#include <algorithm>
#include <numeric>

#include "core/file.h"
#include "core/text.h"
#include "data/synth/tables.h"

namespace marquee::data::synth {

namespace {

std::string words(const Taste& taste) {
  std::vector<std::string> parts;
  for (const float value : taste) parts.push_back(fixed(value, 3));
  return join(parts, " ");
}

double share(int64_t part, int64_t whole) {
  return static_cast<double>(part) / static_cast<double>(std::max<int64_t>(1, whole));
}

template <typename Groups>
Json planted_activity(const Groups& groups) {
  Json result;
  for (const Group& group : groups) result[std::string(group.name)] = group.activity;
  return result;
}

template <typename Groups, typename Activities>
Json measured_activity(const Groups& groups, const Activities& activities) {
  Json result;
  for (size_t i = 0; i < groups.size(); ++i) {
    result[std::string(groups[i].name)] = share(activities[i].watches, activities[i].users);
  }
  return result;
}

}  // namespace

void Tally::add(const SynthUser& user, const std::vector<Watch>& watches) {
  ++users_;
  watches_ += std::ssize(watches);
  for (const Watch& watch : watches) {
    ++titles_[static_cast<size_t>(watch.title)];
    ++reasons_[static_cast<size_t>(watch.reason)];
    ++events_[static_cast<size_t>(watch.event)];
  }
  const auto active = [&](Activity& activity) {
    ++activity.users;
    activity.watches += std::ssize(watches);
  };
  active(age_groups_[user.age_group]);
  active(plans_[user.plan]);
}

Json Tally::facts() const {
  std::vector<int64_t> sorted = titles_;
  std::sort(sorted.begin(), sorted.end(), std::greater<>());
  const auto tenth = static_cast<int64_t>((sorted.size() + 9) / 10);
  Json facts;
  facts["users"] = users_;
  facts["interactions"] = watches_;
  facts["titles_watched"] =
      std::count_if(sorted.begin(), sorted.end(), [](int64_t n) { return n > 0; });
  facts["titles_with_5_or_fewer"] =
      std::count_if(sorted.begin(), sorted.end(), [](int64_t n) { return n <= 5; });
  facts["share_of_top_tenth"] =
      share(std::accumulate(sorted.begin(), sorted.begin() + tenth, int64_t{0}), watches_);
  for (size_t i = 0; i < kReasons.size(); ++i) {
    facts["watched_because"][std::string(kReasons[i])] = share(reasons_[i], watches_);
  }
  for (size_t i = 0; i < events_.size(); ++i) {
    facts["events"][std::string(name(static_cast<Event>(i)))] = events_[i];
  }
  facts["watches_per_user"]["age_group"] = measured_activity(kAgeGroups, age_groups_);
  facts["watches_per_user"]["plan"] = measured_activity(kPlans, plans_);
  return facts;
}

Json truth(const SynthOptions& options, const Json& facts) {
  Json planted;
  planted["popularity"] = {{"exponent", kPopularityExponent},
                           {"shift", kPopularityShift},
                           {"tail", kPopularityTail},
                           {"release_bump", kReleaseBump},
                           {"release_fade_days", kReleaseFadeDays}};
  planted["taste"] = {{"dimensions", kTasteDims},     {"genre", kGenreTaste},
                      {"cast", kCastTaste},           {"director", kDirectorTaste},
                      {"studio", kStudioTaste},       {"own", kOwnTaste},
                      {"sharpness", kTasteSharpness}, {"drift_per_quarter", kDriftPerQuarter}};
  planted["order"] = {
      {"ordered", options.ordered},        {"next_part_same_session", kContinueSession},
      {"next_part_binge", kContinueBinge}, {"next_part_later", kContinueLater},
      {"lined_up", kTakeLinedUp},          {"mood_exposure", kMoodExposure},
      {"mood_bonus", kMoodBonus}};
  planted["sessions"] = {{"mean_length", kSessionLength},
                         {"binge_share", kBingeSessions},
                         {"binge_mean_length", kBingeLength}};
  planted["activity"] = {{"exponent", kActivityExponent},
                         {"age_group", planted_activity(kAgeGroups)},
                         {"plan", planted_activity(kPlans)}};
  planted["stars"] = {{"mean", kMeanStars},
                      {"user_bias", kUserBias},
                      {"title_bias", kTitleBias},
                      {"per_match", kStarsPerMatch},
                      {"noise", kStarsNoise}};
  Json truth;
  truth["schema"] = 1;
  truth["options"] = {{"users", options.users},
                      {"titles", options.titles},
                      {"interactions", options.interactions},
                      {"seed", options.seed},
                      {"ordered", options.ordered}};
  truth["planted"] = planted;
  truth["measured"] = facts;
  return truth;
}

void write_title_truth(const std::filesystem::path& file, const TitlePool& pool,
                       const Shelves& shelves) {
  FileWriter out(file);
  out.write("title_id,popularity_rank,stars_bias,franchise,part,lined_up,taste\n");
  for (int32_t i = 0; i < std::ssize(pool.titles); ++i) {
    const SynthTitle& title = pool.title(i);
    std::vector<std::string> line;
    for (const int32_t other : shelves.lined_up(i)) {
      if (other >= 0) line.push_back(title_id(other));
    }
    const std::string franchise = title.franchise < 0 ? "" : std::to_string(title.franchise);
    out.write(cat(title_id(i), ',', title.rank, ',', fixed(kTitleBias * title.quality, 3), ',',
                  franchise, ',', title.part, ',', join(line, "|"), ',', words(title.taste), '\n'));
  }
  out.close();
}

void write_user_truth(const std::filesystem::path& file, const TitlePool& pool,
                      const std::vector<SynthUser>& users) {
  FileWriter out(file);
  out.write("user_id,watches,stars_bias,genres,actors,taste\n");
  for (int64_t i = 0; i < std::ssize(users); ++i) {
    const SynthUser& user = users[static_cast<size_t>(i)];
    std::vector<std::string> genres, actors;
    for (const int genre : user.genres) {
      genres.emplace_back(pool.genres[static_cast<size_t>(genre)].name);
    }
    for (const int actor : user.actors) actors.push_back(pool.actors[actor].name);
    out.write(cat(user_id(i), ',', user.events, ',', fixed(user.bias, 3), ',', join(genres, "|"),
                  ',', join(actors, "|"), ',', words(user.taste), '\n'));
  }
  out.close();
}

}  // namespace marquee::data::synth
