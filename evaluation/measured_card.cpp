#include "evaluation/measured_card.h"

#include <algorithm>
#include <map>

#include "core/artefact.h"
#include "core/error.h"
#include "core/file.h"
#include "core/json.h"
#include "core/text.h"
#include "inference/bundle_files.h"

namespace marquee::evaluation {

namespace {

namespace fs = std::filesystem;

constexpr double kSure = 0.05;  // adjusted p below which a gap is no chance

std::string with_interval(const Json& value) {
  const auto number = [&](const char* name) { return fixed(value.at(name).get<double>(), 4); };
  return cat(number("value"), " (", number("low"), " to ", number("high"), ")");
}

// A name from data in a table of Markdown.
std::string in_cell(const std::string& name) {
  return join(split(printable(name, LineEnds::kEscaped), '|'), "\\|");
}

// The part of a report on several bundles that is of this one.
const Json& of_bundle(const Json& report, const char* key, const std::string& value) {
  for (const Json& each : report.at("bundles")) {
    if (each.at(key) == value) return each;
  }
  throw Json::out_of_range::create(403, "the bundle is not in it", &report);
}

std::string quality_of(const Json& report, const Manifest& bundle, const std::string&) {
  const Json& of = of_bundle(report, "sha256", bundle.sha256);
  std::string text =
      cat("Quality on the test part of ", report.at("dataset").at("name").get<std::string>(),
          ", with 95 % intervals:\n\n| | |\n|---|---|\n");
  for (const auto& [protocol, metrics] : of.at("metrics").items()) {
    for (const char* name :
         {"ndcg@10", "hr@10", "rmse", "coverage@10", "popularity_lift@10", "calibration@10"}) {
      if (!metrics.contains(name)) continue;
      text += cat("| ", name, " (", protocol, ") | ", with_interval(metrics.at(name)), " |\n");
    }
  }
  return text;
}

// Limits of a bundle that are exceeded, and those of which that is not sure.
std::string limits_of(const Json& report, const std::string& bundle) {
  std::string text;
  for (const Json& each : report.at("findings")) {
    if (each.value("bundle", bundle) != bundle) continue;
    const bool sure = each.at("kind") == "exceeded";
    text += cat(
        "- ", sure ? "exceeded: " : "perhaps exceeded: ", each.at("text").get<std::string>(), "\n");
  }
  return text.empty() ? "No limit that was set is exceeded.\n" : text;
}

// Gaps between groups of members that are no chance, the widest of each attribute first.
std::string fairness_of(const Json& report, const Manifest&, const std::string& name) {
  std::string text = cat("Fairness, ", grouped(report.at("test_members").get<int64_t>()),
                         " test members of ", report.at("dataset").get<std::string>(), ". ");
  std::string rows;
  for (const auto& [attribute, of] : report.at("members").items()) {
    for (const Json& group : of.at("groups")) {
      if (group.at("adjusted_p").get<double>() >= kSure) continue;
      rows += cat("| ", in_cell(attribute), ": ", in_cell(group.at("name")), " | ",
                  with_interval(group.at("gap")), " |\n");
    }
  }
  text += rows.empty()
              ? "No group of members has lists that are surely better or worse than all "
                "others' (adjusted p below 0.05).\n"
              : cat("NDCG@10 of groups against all others, as a share, where that is no ",
                    "chance (adjusted p below 0.05):\n\n| group | gap |\n|---|---|\n", rows);
  return cat(text, "\n", limits_of(report, name));
}

std::string privacy_of(const Json& report, const Manifest&, const std::string& name) {
  const Json& of = of_bundle(report, "bundle", name);
  std::string text = cat(
      "Privacy, ", grouped(report.at("pairs").get<int64_t>()), " pairs of a member and somebody ",
      "who was held out, of ", report.at("dataset").get<std::string>(),
      ". How well attacks tell them apart (0.5: not at all), and what they infer:\n\n",
      "| | AUC |\n|---|---|\n");
  for (const Json& attack : of.at("membership")) {
    if (!attack.at("same_treatment").get<bool>()) continue;
    text += cat("| membership, ", attack.at("attack").get<std::string>(), " | ",
                with_interval(attack.at("auc")), " |\n");
  }
  for (const auto& [attribute, each] : of.at("attributes").items()) {
    if (each.contains("auc")) {
      text += cat("| attribute ", in_cell(attribute), " | ", with_interval(each.at("auc")), " |\n");
    }
  }
  return cat(text, "\n", limits_of(report, name));
}

using Section = std::string (*)(const Json&, const Manifest&, const std::string&);

Section section_of(const Manifest& report) {
  static const std::map<std::string, Section> kSections = {
      {"evaluation", quality_of}, {"fairness", fairness_of}, {"privacy", privacy_of}};
  const auto found = kSections.find(report.facts.value("what", "evaluation"));
  const bool has_bundles = report.facts.contains("what") || report.facts.contains("bundles");
  if (found != kSections.end() && has_bundles) return found->second;
  throw Error(cat(report.folder.string(),
                  ": is a report of something else; a card takes those of "
                  "marquee evaluate and marquee audit"));
}

}  // namespace

std::string measured_card(const fs::path& bundle, const std::vector<fs::path>& reports) {
  const Artefact artefact(bundle, inference::kBundleKind);
  std::string card = read_file(artefact.file(inference::kModelCardFile));
  card += "\n## Measured\n";
  for (const fs::path& folder : reports) {
    const Artefact report(folder, "report");
    const auto& sources = report.manifest().sources;
    const auto named = std::ranges::find(sources, artefact.manifest().sha256, &Source::sha256);
    if (named == sources.end()) {
      throw Error(cat(folder.string(), ": is a report of other bundles than ", bundle.string()));
    }
    const fs::path file = report.file("report.json");
    const Json json = parse_json(read_file(file), file.string());
    try {
      card += cat("\n", section_of(report.manifest())(json, artefact.manifest(), named->name),
                  "\nReport `", report.manifest().sha256, "`.\n");
    } catch (const Json::exception& error) {
      throw artefact_error(
          cat(file.string(), ": is not as this program writes it: ", json_reason(error)));
    }
  }
  return card;
}

}  // namespace marquee::evaluation
