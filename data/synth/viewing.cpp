#include "data/synth/viewing.h"

#include <algorithm>
#include <cmath>

#include "data/synth/reaction.h"

namespace marquee::data::synth {

namespace {

constexpr double kEvening = 19.5;  // the usual hour, and how far around it
constexpr double kEveningSpread = 3;
constexpr int64_t kBetweenSessions = 2 * kHour;  // at least
constexpr double kPause = 4.0 * kMinute;         // mean, between two titles
constexpr int kShuffleSweeps = 20;

struct Session {
  int64_t start;
  int64_t length;  // events
  bool binge;
};

std::vector<Session> plan_sessions(const SynthUser& user, RandomStream& random) {
  std::vector<Session> sessions;
  for (int64_t left = user.events; left > 0; left -= sessions.back().length) {
    const bool binge = random.uniform() < kBingeSessions;
    const double more = (binge ? kBingeLength : kSessionLength) - 1;
    const auto drawn = 1 + std::llround(std::floor(random.exponential() / std::log1p(1 / more)));
    const auto window = static_cast<uint64_t>(user.left - user.joined);
    const int64_t day = (user.joined + static_cast<int64_t>(random.below(window))) / kDay;
    const double hour = kEvening + kEveningSpread * random.normal();
    const int64_t start = day * kDay + static_cast<int64_t>(hour * kHour);
    sessions.push_back({std::max(start, user.joined), std::min<int64_t>(left, drawn), binge});
  }
  std::stable_sort(sessions.begin(), sessions.end(),
                   [](const Session& a, const Session& b) { return a.start < b.start; });
  return sessions;
}

// What a session sticks to: a genre, an actor or a studio of the title that opened it.
struct Mood {
  enum class Of { kGenre, kActor, kStudio } of;
  int which;

  bool shared_by(const SynthTitle& title) const {
    const auto& names = of == Of::kGenre ? title.genres : title.actors;
    if (of == Of::kStudio) return title.studio == which;
    return std::find(names.begin(), names.end(), which) != names.end();
  }
};

class Viewer {
 public:
  Viewer(const TitlePool& pool, const Shelves& shelves, const SynthUser& user, RandomStream random);
  Viewing watch();

 private:
  void sit_down(const Session& session);  // one session
  void drift_to(int64_t time);
  void learn_genres();

  // Each draws a title that can be watched now, or -1.
  int32_t choose(bool opening, bool binge, Reason& reason);
  int32_t next_part(double chance);
  int32_t lined_up();
  int32_t exposed(bool opening);
  int32_t anything();  // never -1
  int32_t expose_one(bool opening);

  double appeal(const SynthTitle& title, bool opening) const;
  bool watchable(int32_t title) const {
    return !seen_[static_cast<size_t>(title)] && pool_.title(title).watchable(now_, user_.region);
  }
  Mood mood_after(const SynthTitle& opener);

  const TitlePool& pool_;
  const Shelves& shelves_;
  const SynthUser& user_;
  RandomStream random_;
  Taste taste_;
  AliasTable genres_;  // of an exposed title, by the present taste
  int64_t drifted_until_;
  int64_t now_ = 0;
  Mood mood_{Mood::Of::kGenre, 0};
  bool satisfied_last_ = false;
  std::vector<bool> seen_;
  std::vector<Watch> watches_;
};

Viewer::Viewer(const TitlePool& pool, const Shelves& shelves, const SynthUser& user,
               RandomStream random)
    : pool_(pool),
      shelves_(shelves),
      user_(user),
      random_(random),
      taste_(user.taste),
      drifted_until_(user.joined),
      seen_(pool.titles.size()) {
  learn_genres();
}

Viewing Viewer::watch() {
  watches_.reserve(static_cast<size_t>(user_.events));
  for (const Session& session : plan_sessions(user_, random_)) {
    now_ = watches_.empty() ? session.start : std::max(session.start, now_ + kBetweenSessions);
    drift_to(now_);
    sit_down(session);
  }
  return {std::move(watches_), taste_};
}

void Viewer::sit_down(const Session& session) {
  for (int64_t i = 0; i < session.length; ++i) {
    Watch watch;
    watch.time = now_;
    watch.title = choose(i == 0, session.binge, watch.reason);
    const SynthTitle& title = pool_.title(watch.title);
    if (i == 0) mood_ = mood_after(title);
    const Reaction reaction = react(user_, taste_, title, random_);
    watch.event = reaction.event;
    watch.value = reaction.value;
    satisfied_last_ = reaction.satisfied;
    seen_[static_cast<size_t>(watch.title)] = true;
    watches_.push_back(watch);
    now_ += kMinute + static_cast<int64_t>(reaction.fraction * title.minutes * kMinute +
                                           kPause * random_.exponential());
  }
}

void Viewer::drift_to(int64_t time) {
  if (time < drifted_until_ + kQuarter) return;
  for (; time >= drifted_until_ + kQuarter; drifted_until_ += kQuarter) {
    taste_ = mix(taste_, any_interest(pool_, random_), kDriftPerQuarter);
  }
  learn_genres();
}

void Viewer::learn_genres() {
  std::vector<int32_t> genres;
  std::vector<double> weights;
  for (const Genre& genre : pool_.genres) {
    genres.push_back(static_cast<int32_t>(genres.size()));
    weights.push_back(std::sqrt(genre.share) *
                      std::exp(kGenreSharpness * dot(taste_, genre.taste)));
  }
  genres_ = AliasTable(genres, weights);
}

Mood Viewer::mood_after(const SynthTitle& opener) {
  const double kind = random_.uniform();
  if (kind < 0.5) return {Mood::Of::kGenre, opener.genres.front()};
  if (kind < 0.8) return {Mood::Of::kActor, opener.actors[random_.below(opener.actors.size())]};
  return {Mood::Of::kStudio, opener.studio};
}

int32_t Viewer::choose(bool opening, bool binge, Reason& reason) {
  const auto found = [&](int32_t title, Reason why) {
    reason = why;
    return title >= 0;
  };
  int32_t title = -1;
  if (!watches_.empty()) {
    const int32_t old = watches_[random_.below(watches_.size())].title;
    const bool on = pool_.title(old).watchable(now_, user_.region);
    if (random_.uniform() < kRewatches && on && found(old, Reason::kRewatch)) return old;
    const double goes_on = binge ? kContinueBinge : opening ? kContinueLater : kContinueSession;
    if (found(title = next_part(goes_on), Reason::kNextPart)) return title;
    if (!opening && random_.uniform() < kTakeLinedUp) {
      if (found(title = lined_up(), Reason::kLinedUp)) return title;
    }
  }
  title = exposed(opening);
  found(title, opening ? Reason::kOpening : Reason::kMood);
  return title >= 0 ? title : anything();
}

int32_t Viewer::next_part(double chance) {
  const int32_t next = pool_.title(watches_.back().title).next_part;
  if (next < 0 || !satisfied_last_ || !watchable(next)) return -1;
  return random_.uniform() < chance ? next : -1;
}

int32_t Viewer::lined_up() {
  const auto line = shelves_.lined_up(watches_.back().title);
  std::vector<double> weights;
  double place = 1;
  for (const int32_t title : line) {
    weights.push_back(title >= 0 && watchable(title) ? place : 0);
    place *= kLinedUpDecay;
  }
  const int taken = draw_index(weights, random_);
  return taken < 0 ? -1 : line[static_cast<size_t>(taken)];
}

int32_t Viewer::exposed(bool opening) {
  std::vector<int32_t> titles;
  std::vector<double> weights;
  titles.reserve(kExposed);
  weights.reserve(kExposed);
  for (int i = 0; i < kExposed; ++i) {
    const int32_t title = expose_one(opening);
    if (title < 0 || !watchable(title)) continue;
    titles.push_back(title);
    weights.push_back(std::exp(appeal(pool_.title(title), opening)));
  }
  const int taken = draw_index(weights, random_);
  return taken < 0 ? -1 : titles[static_cast<size_t>(taken)];
}

int32_t Viewer::expose_one(bool opening) {
  const AliasTable* shelf = nullptr;
  if (!opening && random_.uniform() < kMoodExposure) {
    shelf = mood_.of == Mood::Of::kGenre   ? &shelves_.genre(now_, mood_.which)
            : mood_.of == Mood::Of::kActor ? &shelves_.actor(mood_.which)
                                           : &shelves_.studio(mood_.which);
  } else {
    shelf = &shelves_.genre(now_, genres_.draw(random_));
  }
  return shelf->empty() ? -1 : shelf->draw(random_);
}

double Viewer::appeal(const SynthTitle& title, bool opening) const {
  const bool foreign = title.language != 0 && title.language != kRegions[user_.region].language;
  return kTasteSharpness * dot(taste_, title.taste) - (foreign ? kForeignPenalty : 0) +
         (!opening && mood_.shared_by(title) ? kMoodBonus : 0);
}

int32_t Viewer::anything() {
  const auto count = std::ssize(pool_.titles);
  const auto start = static_cast<int64_t>(random_.below(static_cast<uint64_t>(count)));
  for (int64_t i = 0; i < count; ++i) {
    const auto title = static_cast<int32_t>((start + i) % count);
    if (watchable(title)) return title;
  }
  return 0;  // all that is on has been seen: the first title is always on
}

}  // namespace

Viewing watch(const TitlePool& pool, const Shelves& shelves, const SynthUser& user,
              RandomStream random) {
  return Viewer(pool, shelves, user, random).watch();
}

void forget_order(const TitlePool& pool, const SynthUser& user, std::vector<Watch>& watches,
                  RandomStream random) {
  const auto on = [&](const Watch& watch, int64_t time) {
    return pool.title(watch.title).watchable(time, user.region);
  };
  // Swaps of two at a time, refused when a title would be watched while it is not on, tend to the
  // even distribution (Metropolis).
  for (uint64_t i = 0; i < kShuffleSweeps * watches.size(); ++i) {
    Watch& a = watches[random.below(watches.size())];
    Watch& b = watches[random.below(watches.size())];
    if (!on(a, b.time) || !on(b, a.time)) continue;
    std::swap(a, b);
    std::swap(a.time, b.time);
  }
}

}  // namespace marquee::data::synth
