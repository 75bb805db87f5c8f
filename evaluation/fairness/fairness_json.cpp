// report.json of an audit of fairness.
#include "core/json.h"
#include "evaluation/fairness/audit.h"
#include "evaluation/report/interval_json.h"

namespace marquee::evaluation {

namespace {

Json ratings_json(const FairnessReport& report) {
  Json attributes = Json::object();
  for (const RatingAttribute& attribute : report.ratings) {
    Json groups = Json::array();
    for (const RatingGroup& group : attribute.groups) {
      Json one = {{"name", group.name}, {"members", group.members}};
      for (size_t m = 0; m < kRatingGaps.size(); ++m) {
        one[kRatingGaps[m]] = interval_json(group.gaps[m].value);
        one[kRatingGaps[m]]["by_chance"] = group.gaps[m].by_chance;
        one[kRatingGaps[m]]["p"] = group.gaps[m].p;
        one[kRatingGaps[m]]["adjusted_p"] = group.gaps[m].holm_p;
      }
      groups.push_back(one);
    }
    attributes[attribute.name] = groups;
  }
  return attributes;
}

Json european_json(const FairnessReport& report) {
  if (!report.european) return nullptr;
  const EuropeanWorks& works = *report.european;
  return {{"known", works.known},
          {"catalogue", works.catalogue},
          {"watched", works.watched},
          {"shown", interval_json(works.shown)},
          {"lists", interval_json(works.lists)},
          {"titles_in_list", report.limits.european.titles_in_list},
          {"countries", report.limits.european.countries}};
}

Json amplification_json(const FairnessReport& report) {
  Json all = Json::array();
  for (const Amplification& each : report.amplification) {
    Json genres = Json::array();
    for (const GenreShift& genre : each.genres) {
      genres.push_back({{"name", genre.name},
                        {"history", genre.history},
                        {"lists", interval_json(genre.lists)},
                        {"ratio", interval_json(genre.ratio)}});
    }
    all.push_back({{"attribute", each.attribute},
                   {"group", each.group},
                   {"members", each.members},
                   {"popularity_lift", interval_json(each.popularity_lift)},
                   {"genres", genres}});
  }
  return all;
}

}  // namespace

std::string to_json(const FairnessReport& report) {
  Json members = Json::object(), providers = Json::object(), amortised = Json::object();
  for (const MemberAttribute& attribute : report.quality.attributes) {
    Json groups = Json::array();
    for (const MemberGroup& group : attribute.groups) {
      groups.push_back({{"name", group.name},
                        {"members", group.members},
                        {"ndcg@10", interval_json(group.ndcg)},
                        {"gap", interval_json(group.gap)},
                        {"p", group.p},
                        {"adjusted_p", group.holm_p}});
    }
    members[attribute.name] = {{"groups", groups}, {"left_out", attribute.left_out}};
  }
  for (const ProviderKind& kind : report.providers) {
    Json all = Json::array();
    for (const Provider& each : kind.providers) {
      all.push_back({{"name", each.name},
                     {"catalogue", each.catalogue},
                     {"history", each.history},
                     {"watched", each.watched},
                     {"shown", interval_json(each.shown)},
                     {"ratio", each.watched > 0 ? interval_json(each.ratio) : Json(nullptr)}});
    }
    providers[kind.name] = all;
    amortised[kind.name] = interval_json(kind.amortised);
  }
  return Json{{"schema", 1},
              {"bundle", report.bundle},
              {"dataset", report.dataset},
              {"test_members", report.members},
              {"ndcg@10", interval_json(report.quality.ndcg)},
              {"worst_tenth", interval_json(report.quality.worst_tenth)},
              {"members", members},
              {"ratings", ratings_json(report)},
              {"providers", providers},
              {"amortised", amortised},
              {"european_works", european_json(report)},
              {"amplification", amplification_json(report)},
              {"findings", findings_json(report.findings)},
              {"exceeded", report.exceeded()},
              {"seed", report.seed},
              {"resamples", report.resamples},
              {"command", report.command}}
      .dump(1);
}

}  // namespace marquee::evaluation
