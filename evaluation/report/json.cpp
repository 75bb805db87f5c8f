#include "core/json.h"

#include <algorithm>
#include <cmath>

#include "evaluation/report/frontier_section.h"
#include "evaluation/report/interval_json.h"
#include "evaluation/report/onboarding_section.h"
#include "evaluation/report/report.h"
#include "inference/bundle_files.h"

namespace marquee::evaluation {

namespace {

Json json_of(const std::vector<Source>& sources) {
  Json list = Json::array();
  for (const Source& source : sources) {
    list.push_back({{"kind", source.kind}, {"name", source.name}, {"sha256", source.sha256}});
  }
  return list;
}

Json json_of(const std::vector<Slice>& slices) {
  Json list = Json::array();
  for (const Slice& slice : slices) {
    Json entry = {{"slice", slice.name}, {"n", slice.n}};
    if (slice.n > 0) {
      entry["hr@10"] = interval_json(slice.hr);
      entry["ndcg@10"] = interval_json(slice.ndcg);
    }
    list.push_back(std::move(entry));
  }
  return list;
}

Json json_of(const std::vector<SeedSpread>& spreads) {
  Json json = Json::object();
  for (const SeedSpread& each : spreads) {
    json[each.protocol][each.name] = {
        {"mean", each.mean()}, {"deviation", each.deviation()}, {"values", each.values}};
  }
  return json;
}

Json json_of(const BundleResult& bundle) {
  Json metrics = Json::object();
  for (const Metric& metric : bundle.metrics) {
    metrics[metric.protocol][metric.name] = interval_json(metric.interval);
  }
  Json slices = Json::object();
  for (const SliceKind& kind : bundle.slices) slices[kind.id] = json_of(kind.slices);
  Json json = {{"name", bundle.name},
               {"model", bundle.model},
               {"sha256", bundle.sha256},
               {"parameters", bundle.parameters},
               {"sources", json_of(bundle.sources)},
               {"from_another_dataset", bundle.from_another_dataset},
               {"metrics", std::move(metrics)},
               {"slices", std::move(slices)},
               {"popularity_groups", bundle.recommended}};
  if (!bundle.privacy.is_null()) json["privacy"] = bundle.privacy;
  if (bundle.learned_from_valid) json[inference::kLearnedFromFact] = inference::kTrainAndValid;
  if (!bundle.frontier.empty()) json["diversity"] = frontier_json(bundle);
  if (bundle.onboarding) json["onboarding"] = onboarding_json(*bundle.onboarding);
  if (!bundle.seeds.empty()) json["seeds"] = json_of(bundle.seeds);
  return json;
}

Json json_of(const DatasetFacts& dataset) {
  return {{"name", dataset.name},
          {"sha256", dataset.sha256},
          {"split", dataset.split},
          {"users", dataset.users},
          {"titles", dataset.titles},
          {"interactions", dataset.interactions},
          {"sources", json_of(dataset.sources)}};
}

Json json_of(const TestUserFacts& test_users) {
  Json json = {{"users", test_users.users},
               {"targets", test_users.targets},
               {"rewatched_left_out", test_users.rewatched},
               {"rejected_left_out", test_users.disliked}};
  if (!test_users.candidates_file.empty()) json["candidate_users"] = test_users.candidate_users;
  return json;
}

Json differences(const Report& report) {
  Json list = Json::array();
  for (const Difference& each : report.differences) {
    Json entry = {{"protocol", each.protocol},
                  {"metric", each.metric},
                  {"bundle", report.bundles[each.a].name},
                  {"minus", report.bundles[each.b].name}};
    entry.update(interval_json(each.interval));
    entry.update({{"p", each.p}, {"p_holm", each.adjusted_p}, {"significant", each.significant()}});
    list.push_back(std::move(entry));
  }
  return list;
}

// Null where there was none.
Json gate(const Report& report) {
  if (report.gate.empty()) return nullptr;
  Json findings = Json::array();
  for (const GateFinding& each : report.gate) {
    findings.push_back({{"what", each.what},
                        {"before", each.before},
                        {"now", each.now},
                        {"margin", each.margin},
                        {"failed", each.failed}});
  }
  const bool open = std::ranges::none_of(report.gate, &GateFinding::failed);
  return {{"open", open}, {"findings", std::move(findings)}};
}

Json json_of(const Leakage& leakage) {
  return {{"targets_before_own_history", leakage.before_own_history},
          {"targets_before_newest_training", leakage.before_training},
          {"later_training_share", leakage.later_share}};
}

Json reversed_pairs(const Report& report) {
  Json list = Json::array();
  for (const Difference& each : report.reversed_pairs()) {
    list.push_back({{"full_rank_first", report.bundles[each.a].name},
                    {"sampled_99_first", report.bundles[each.b].name}});
  }
  return list;
}

// Apart from everything else, because they alone differ from run to run.
Json timings(const Report& report) {
  Json list = Json::array();
  for (const BundleResult& bundle : report.bundles) {
    list.push_back({{"bundle", bundle.name},
                    {"load_seconds", bundle.load_seconds},
                    {"answer_seconds", bundle.answer_seconds},
                    {"arithmetic_seconds", bundle.arithmetic_seconds}});
  }
  return list;
}

}  // namespace

std::string to_json(const Report& report) {
  Json bundles = Json::array();
  for (const BundleResult& bundle : report.bundles) bundles.push_back(json_of(bundle));
  const Json json = {{"schema", kSchema},
                     {"dataset", json_of(report.dataset)},
                     {"test_users", json_of(report.test_users)},
                     {"leakage", json_of(report.leakage)},
                     {"warnings", report.warnings},
                     {"bundles", std::move(bundles)},
                     {"differences", differences(report)},
                     {"gate", gate(report)},
                     {"order_differs", reversed_pairs(report)},
                     {"watched_next_popularity_groups", report.watched_next},
                     {"seed", report.seed},
                     {"resamples", report.resamples},
                     {"command", report.command},
                     {"timings", timings(report)}};
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace marquee::evaluation
