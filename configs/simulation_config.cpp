#include "configs/simulation_config.h"

#include "core/text.h"

namespace marquee::configs {

namespace {

void visit_visits(VisitConfig& c, FieldVisitor& v) {
  v.real("a_day", c.a_day, 0, 24, "mean chance of a visit on a day (assumption)");
  v.real("spread", c.spread, 0, 3,
         "how much members differ in that: standard deviation of its logarithm (assumption; real "
         "activity is about as skewed, docs/simulation.md)");
  v.real("weekend", c.weekend, 0.1, 10, "visits on Friday to Sunday, relative (assumption)");
  v.real("hour", c.hour, 0, 24, "of the evening at which most visits are (assumption)");
  v.real("hour_spread", c.hour_spread, 0.01, 12, "standard deviation around it (assumption)");
  v.real(
      "satisfaction", c.satisfaction, 0, 20,
      "how much a satisfied member visits more: visits are multiplied by exp(this x (satisfaction "
      "- 0.5)) (assumption)");
}

void visit_browsing(BrowsingConfig& c, FieldVisitor& v) {
  v.real(
      "next_row", c.next_row, 0, 0.99,
      "chance to look at one more row; with next_title 15 to 20 titles are looked at, as Netflix "
      "reports of its members (Gomez-Uribe & Hunt 2015)");
  v.real("next_title", c.next_title, 0, 0.99,
         "chance to look at one more title of a row (the same; position bias as Craswell et al. "
         "2008)");
  v.real(
      "trust", c.trust, 0, 2,
      "how much more a member who trusts the page looks at: added to next_row, times trust - 0.5 "
      "(assumption)");
  v.real("search", c.search, 0, 1,
         "chance that a member who found nothing searches, and finds something popular in a genre "
         "they like (assumption; a fifth of Netflix's hours come from search, Gomez-Uribe & Hunt "
         "2015)");
}

void visit_choice(ChoiceConfig& c, FieldVisitor& v) {
  v.real("taste", c.taste, 0, 100,
         "weight of the match of tastes in the softmax over the titles looked at and leaving "
         "(as planted in the data, docs/synthetic.md)");
  v.real("threshold", c.threshold, -1, 2,
         "match at which a title is as good as looking no further (assumption)");
  v.real("quality", c.quality, 0, 10,
         "weight of a title's quality, as far as it shows beforehand (assumption)");
  v.real("sameness", c.sameness, 0, 10,
         "weight of having watched the genre lately, for each title of it (assumption)");
  v.real("passed", c.passed, 0, 10,
         "weight of having passed the title over, for each of up to 5 times (assumption)");
  v.real("another", c.another, 0, 0.95,
         "chance of another title of the same page after one (assumption; sessions of 2 titles)");
}

void visit_mood(MoodConfig& c, FieldVisitor& v) {
  v.real("memory", c.memory, 0, 0.999,
         "weight of earlier visits in satisfaction, which is between 0 and 1 (assumption)");
  v.real("nothing_found", c.nothing_found, 0, 1,
         "satisfaction with a visit without a title (assumption); with one: the share watched");
  v.real("sameness_days", c.sameness_days, 0.1, 1'000,
         "after which having watched a genre weighs 1/e (assumption)");
  v.real("trust_gained", c.trust_gained, 0, 1,
         "by a title of the page seen to the end (assumption)");
  v.real(
      "trust_lost", c.trust_lost, 0, 1,
      "by a title of the page that was broken off in the first half (assumption: twice as much)");
}

void visit_leaving(LeavingConfig& c, FieldVisitor& v) {
  v.real("a_day", c.a_day, 0, 1,
         "chance to cancel on a day, at a satisfaction of 0.5 (assumption)");
  v.real("satisfaction", c.satisfaction, 0, 50,
         "how much less a satisfied member cancels: divided by exp(this x (satisfaction - 0.5)) "
         "(assumption)");
  v.real("idle", c.idle, 0, 100,
         "how much more one cancels who has not visited for 28 days: times 1 + this (assumption)");
}

void visit_member(MemberConfig& c, FieldVisitor& v) {
  v.section("visits", "", [&] { visit_visits(c.visits, v); });
  v.section("browsing", "", [&] { visit_browsing(c.browsing, v); });
  v.section("choice", "", [&] { visit_choice(c.choice, v); });
  v.section("mood", "", [&] { visit_mood(c.mood, v); });
  v.section("leaving", "", [&] { visit_leaving(c.leaving, v); });
}

void visit_arm(ArmConfig& c, FieldVisitor& v) {
  v.text("bundle", c.bundle,
         "folder; a relative path is below the configuration's, as all here are");
  v.text("model", c.model,
         "instead of a bundle: a configuration, FILE.yaml, that marquee experiment trains on the "
         "world's data");
  v.text("from", c.from,
         "with model: the configuration, FILE.yaml, of a model that is trained before it, whose "
         "weights it starts from; default: none");
  v.text(
      "server", c.server,
      "instead of a bundle: a server that members use over HTTP, http://HOST:PORT, with a bundle, "
      "a policy and rules of pages of its own and no histories yet");
  v.real("share", c.share, 1e-6, 1e6, "of members, relative to the others'");
  const bool all = v.visits_all();
  if (all || !c.server.empty()) {
    v.text("server_key", c.server_key, "with server: a file with the key that it asks for");
  }
  if (!all && !c.server.empty()) return;
  v.text("policy", c.policy,
         "folder, or a configuration of one, FILE.yaml; default: rows in their usual order");
  v.section("page", "", [&] { visit(c.page, v); });
  v.section("diversity", "", [&] { visit(c.diversity, v); });
}

}  // namespace

bool is_configuration(const std::string& name) { return name.ends_with(".yaml"); }

void visit(SimulationConfig& config, FieldVisitor& v) {
  v.section("simulation", "", [&] {
    v.text("world", config.world,
           "folder that marquee synth wrote, or a dataset, whose members' tastes are then fitted "
           "to it; "
           "default: marquee experiment makes a synthetic one");
    v.integer("users", config.users, 1, 1'000'000'000, "of a world that is made");
    v.integer("titles", config.titles, 10, 10'000'000, "of a world that is made");
    v.integer("interactions", config.interactions, 1, 1'000'000'000'000, "of a world that is made");
    v.integer("members", config.members, 0, 1'000'000'000, "the first of the world's; 0: all");
    v.real("newcomers", config.newcomers, 0, 1,
           "share of members whom the service does not know yet: without a history");
    v.integer("enrol_days", config.enrol_days, 1, 3'650,
              "from the end of the world's data on; who visits within them takes part");
    v.integer("days", config.days, 1, 3'650,
              "that each member is followed, from the first visit on");
    v.integer(
        "releases", config.releases, 0, 1'000'000,
        "titles that come while members are simulated, evenly over the days; what the service "
        "cannot know of them is how well they are liked");
    v.integer("withdrawals", config.withdrawals, 0, 1'000'000,
              "titles that go, evenly over the days");
    v.boolean("exposures", config.exposures,
              "keep the log of what was shown, as the server writes it, in exposures/ARM");
    v.integer("seed", config.seed, 0, 1'000'000'000'000,
              "the same seed, the same members and days");
    v.text("salt", config.salt, "hashed with a member's id to give the member an arm");
  });
  v.section("member", "", [&] { visit_member(config.member, v); });
  v.section("arms", "", [&] {
    for (auto& [name, arm] : config.arms) v.section(name, "", [&, &a = arm] { visit_arm(a, v); });
  });
  v.section("interleaving", "", [&] {
    InterleavingConfig& c = config.interleaving;
    v.text(
        "first", c.first,
        "an arm; default: no pages are interleaved. Else some members, in none of the arms, get "
        "pages that two of them fill in turn (team draft), and what they watch says whose titles "
        "they prefer");
    v.text("second", c.second, "the other arm");
    v.real("share", c.share, 1e-6, 1e6, "of members, relative to that of arms");
  });
}

void check_rules(
    const SimulationConfig& config,
    const std::function<void(const std::string& key, const std::string& text)>& problem) {
  if (config.arms.empty()) problem("arms", "name at least one arm");
  for (const auto& [name, arm] : config.arms) {
    if (int{arm.bundle.empty()} + arm.model.empty() + arm.server.empty() != 2) {
      problem("arms." + name,
              "name one of the bundle that is served, a model to train, or a server");
    }
    if (!arm.server.empty() && config.releases + config.withdrawals > 0) {
      problem(cat("arms.", name, ".server"),
              "has titles of its own; simulation.releases and withdrawals need a bundle");
    }
    if (arm.model.empty() && !arm.from.empty()) {
      problem(cat("arms.", name, ".from"), "needs a model that starts from it");
    }
  }
  const InterleavingConfig& both = config.interleaving;
  if (both.first.empty() && both.second.empty()) return;
  for (const auto& [key, arm] :
       {std::pair{"first", both.first}, std::pair{"second", both.second}}) {
    if (config.arms.contains(arm)) continue;
    problem(cat("interleaving.", key), cat("must name one of the arms, not ", in_quotes(arm)));
  }
  for (const auto& [key, name] :
       {std::pair{"first", both.first}, std::pair{"second", both.second}}) {
    const auto arm = config.arms.find(name);
    if (arm == config.arms.end()) continue;
    if (arm->second.policy.empty() && arm->second.page.repeat_pages == 0) continue;
    problem(
        cat("interleaving.", key),
        cat(in_quotes(name), " has a policy or page.repeat_pages, which look at pages that were ",
            "shown; nobody sees its own pages where they are interleaved"));
  }
  if (both.first == both.second) problem("interleaving.second", "must be another arm than first");
}

}  // namespace marquee::configs
