// Every planted truth that can be tuned, in one place; docs/synthetic.md says what each one does.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace marquee::data::synth {

// Time, in seconds since 1970.
inline constexpr int64_t kMinute = 60;
inline constexpr int64_t kHour = 60 * kMinute;
inline constexpr int64_t kDay = 24 * kHour;
inline constexpr int64_t kSpanStart = 1'640'995'200;  // 2022-01-01
inline constexpr int64_t kSpanDays = 912;             // two and a half years
inline constexpr int64_t kSpanEnd = kSpanStart + kSpanDays * kDay;
inline constexpr int kPeriods = 30;  // shelves are restocked this often over the span
inline constexpr int64_t kPeriod = kSpanDays * kDay / kPeriods;
inline constexpr int64_t kQuarter = 90 * kDay;

// Tastes: how much of a title's vector comes from where. The remainder is its own.
inline constexpr int kTasteDims = 16;
inline constexpr float kGenreTaste = 0.55F;
inline constexpr float kCastTaste = 0.50F;
inline constexpr float kDirectorTaste = 0.25F;
inline constexpr float kStudioTaste = 0.30F;
inline constexpr float kOwnTaste = 0.30F;
inline constexpr float kCreditFocus = 0.65F;  // how much of a person or studio is their genre

// People and studios.
inline constexpr double kActorsPerTitle = 0.5;
inline constexpr double kDirectorsPerTitle = 0.25;
inline constexpr double kStudiosPerTitle = 1.0 / 60;
inline constexpr double kFameExponent = 0.7;  // the n-th most famous is cast n^-0.7 as often
inline constexpr double kCastInGenre = 0.8;   // chance that a credit is of the title's first genre
inline constexpr int kCastSize = 4;
inline constexpr double kCastReturns = 0.85;  // chance that an actor is in the next part as well

// Popularity: weight ~ (rank + shift)^-exponent, falling faster in the tail. Ranks follow a score
// made of quality, youth and luck.
inline constexpr double kPopularityExponent = 0.75;
inline constexpr double kPopularityShift = 40;
inline constexpr double kPopularityTail = 4.5;
inline constexpr double kQualityInPopularity = 0.6;
inline constexpr double kYouthInPopularity = 0.4;
inline constexpr double kLuckInPopularity = 0.7;
inline constexpr double kReleaseBump = 4;  // a new title draws 1 + 4 times what it will settle at
inline constexpr double kReleaseFadeDays = 35;

// Releases, licences and franchises.
inline constexpr double kNewTitles = 0.3;       // share that arrives within the span
inline constexpr double kLeavingTitles = 0.05;  // share of older titles that leaves within it
inline constexpr double kRegionalTitles = 0.08;
inline constexpr double kFranchises = 0.14;  // share of works that are franchises of 2 to 6 parts
inline constexpr int kFranchiseParts = 6;
inline constexpr double kLaterPartExposure = 0.15;  // few begin with part 2

// Users: groups and activity.
struct Group {
  std::string_view name;
  double share;
  double activity;
};
inline constexpr std::array<Group, 4> kAgeGroups{
    {{"18-24", 0.2, 1.5}, {"25-39", 0.35, 1.2}, {"40-59", 0.3, 0.8}, {"60+", 0.15, 0.6}}};
inline constexpr std::array<Group, 3> kPlans{
    {{"basic", 0.4, 0.6}, {"standard", 0.4, 1.0}, {"premium", 0.2, 1.8}}};
inline constexpr double kActivityExponent = 1.6;  // Pareto: P(activity > x) ~ x^-1.6
inline constexpr double kActivityCut = 40;        // times the least
inline constexpr int64_t kLeastEvents = 5;        // a user, where the sizes allow
inline constexpr double kMostEventsPerDay = 8;
inline constexpr double kMostOfCatalogue = 0.8;  // that one user may watch
inline constexpr double kThereFromStart = 0.5;   // share of users; others join later
inline constexpr double kChurn = 0.2;            // share of users who leave before the end

// Users: tastes.
inline constexpr int kFavouriteGenres = 3;
inline constexpr int kFavouriteActors = 3;
inline constexpr float kFavouriteActorTaste = 0.35F;  // each
inline constexpr float kOwnUserTaste = 0.3F;
inline constexpr float kDriftPerQuarter = 0.25F;  // weight of a new interest each quarter
inline constexpr double kGenreSharpness = 5;      // p(genre) ~ share^0.5 exp(5 taste . genre)

// Choosing: softmax over a few exposed titles.
inline constexpr int kExposed = 40;
inline constexpr double kTasteSharpness = 13;
inline constexpr double kMoodBonus = 1.5;        // for a title that shares the session's mood
inline constexpr double kMoodExposure = 0.6;     // share of exposed titles drawn from the mood
inline constexpr double kForeignPenalty = 1.5;   // a language neither English nor the user's
inline constexpr double kContinueSession = 0.7;  // next part at once, after one that satisfied
inline constexpr double kContinueBinge = 0.95;
inline constexpr double kContinueLater = 0.55;  // next part opens the next session
inline constexpr double kTakeLinedUp = 0.25;    // else: what the service lines up after this title
inline constexpr int kLineLength = 6;
inline constexpr double kLinedUpDecay = 0.8;  // each place in the line is taken this much less
inline constexpr double kRewatches = 0.005;
inline constexpr double kBingeSessions = 0.25;
inline constexpr double kBingeLength = 6;  // mean events
inline constexpr double kSessionLength = 2.6;

// Reactions, in stars.
inline constexpr double kMeanStars = 3.5;
inline constexpr double kUserBias = 0.45;  // standard deviations
inline constexpr double kTitleBias = 0.4;
inline constexpr double kStarsNoise = 0.6;
inline constexpr double kStarsPerMatch = 2.0;  // for taste . title above kUsualMatch
inline constexpr double kUsualMatch = 0.6;
inline constexpr double kRaters = 0.3;     // mean share of watches that are rated
inline constexpr double kSatisfied = 2.5;  // below it the next part is not watched
inline constexpr double kListed = 0.04;    // put on the list instead of watched
inline constexpr double kReacting = 0.25;  // share of the pleased and the displeased who say so

}  // namespace marquee::data::synth
