#include <algorithm>

#include "core/text.h"
#include "evaluation/report/definitions.h"
#include "evaluation/report/document.h"
#include "evaluation/report/frontier_section.h"
#include "evaluation/report/headline.h"
#include "evaluation/report/markup.h"
#include "evaluation/report/onboarding_section.h"
#include "evaluation/report/plots.h"
#include "evaluation/report/report.h"
#include "evaluation/report/svg.h"
#include "evaluation/report/tables.h"

namespace marquee::evaluation {

namespace {

// "a model may ..." as a sentence of its own.
std::string sentence(std::string text) {
  if (text.front() >= 'a' && text.front() <= 'z') text.front() += 'A' - 'a';
  return text + '.';
}

std::string header(const Report& report) {
  const DatasetFacts& dataset = report.dataset;
  std::string text =
      cat("<header><p class=\"eyebrow\">Marquee evaluation</p><h1>", escape(headline(report)),
          "</h1>\n<p class=\"lead\">", lead(report), "</p>\n", "<dl class=\"facts\">",
          html_fact("Dataset", dataset.name), html_fact("Split", dataset.split),
          html_fact("Users", grouped(dataset.users)), html_fact("Titles", grouped(dataset.titles)),
          html_fact("Interactions", grouped(dataset.interactions)),
          html_fact("Test users", grouped(report.test_users.users)),
          html_fact("Titles to find", grouped(report.test_users.targets)), "</dl>");
  for (const std::string& warning : report.warnings) {
    text += cat("<p class=\"warning\">", escape(sentence(warning)), "</p>");
  }
  return text + "</header>\n<main>\n";
}

std::string left_out(const TestUserFacts& test_users) {
  std::string text;
  if (test_users.rewatched > 0) {
    text += cat(" ", count(test_users.rewatched, "event"), " with titles in the user’s history",
                test_users.rewatched == 1 ? " is" : " are",
                " not counted: rankings leave these titles out.");
  }
  if (test_users.disliked > 0) {
    text += cat(" ", count(test_users.disliked, "title"), " that members disliked ",
                test_users.disliked == 1 ? "is" : "are", " no target.");
  }
  if (test_users.candidate_users > 0) {
    text +=
        cat(" The candidates file has rows for ", count(test_users.candidate_users, "user"), ".");
  }
  return text;
}

// Where the two protocols disagree about which model is better.
std::string reversed_text(const Report& report) {
  const std::vector<Difference> reversed = report.reversed_pairs();
  if (reversed.empty()) return "";
  std::vector<std::string> pairs;
  for (const Difference& each : reversed) {
    pairs.push_back(cat(escape(report.bundles[each.a].label), " before ",
                        escape(report.bundles[each.b].label),
                        each.significant() ? "" : " (a lead that may be chance)"));
  }
  return cat("<p class=\"note\">The two protocols order models differently. <a href=\"#def-",
             "full_rank\">All titles</a> put ", enumerated(pairs), "; <a href=\"#def-sampled_99\">",
             "99 others</a> say the opposite. Choose by all titles.</p>\n");
}

std::string models_section(const Report& report) {
  const std::string marks =
      report.bundles.size() < 2
          ? ""
          : "★ is the best of a column, ≈ is <a href=\"#def-difference\">level with the best</a>: "
            "their difference on the same users may be chance. ";
  return cat("<section><h2 id=\"models\">Models compared</h2>\n<p class=\"note\">", marks,
             "Small numbers are <a href=\"#def-interval\">95 % intervals</a>.",
             left_out(report.test_users), "</p>\n", models_table(report), reversed_text(report),
             "</section>\n");
}

std::string gate_section(const Report& report) {
  if (report.gate.empty()) return "";
  const auto failed = std::ranges::count_if(report.gate, &GateFinding::failed);
  return cat("<section><h2 id=\"gate\">May it replace the other?</h2>\n<p>",
             escape(report.bundles[0].label), " is compared with ", escape(report.bundles[1].label),
             ", which serves. ",
             failed == 0 ? "The gate is open."
                         : cat("The gate is closed by ", count(failed, "finding"), "."),
             "</p>\n", gate_table(report), "</section>\n");
}

std::string seeds_section(const Report& report) {
  const std::string table = seeds_table(report);
  if (table.empty()) return "";
  return cat(
      "<section><h2 id=\"seeds\">Variation over seeds</h2>\n<p>Each model was trained again with "
      "other random seeds. The intervals above say how much depends on the choice of test "
      "users; this table says how much depends on the seed: mean ± standard deviation, and "
      "below it the lowest and the highest value.</p>\n",
      table, "</section>\n");
}

std::string plots_section(const Report& report) {
  std::string plots = metric_plot(report, {"full_rank", "ndcg@10"}) +
                      metric_plot(report, {"sampled_99", "ndcg@10"});
  plots += cutoff_plot(report) + trade_off_plot(report) + cost_plot(report);
  plots += slice_plot(report, "history_length", "NDCG@10 by length of history",
                      "<span>Events in the user’s history; below, the number of users.</span>");
  plots += slice_plot(report, "target_popularity", "NDCG@10 by popularity of the title",
                      "<span>Train interactions of the title to find; below, their number.</span>");
  plots += popularity_plot(report);
  for (size_t i = 0; i < report.bundles.size(); ++i) plots += training_plot(report.bundles[i], i);
  return cat("<section><h2 id=\"pictures\">In pictures</h2>\n<div class=\"plots\">", plots,
             "</div></section>\n");
}

std::string slices_section(const Report& report) {
  std::string tables;
  for (size_t kind = 0; kind < report.bundles.front().slices.size(); ++kind) {
    tables += cat(slices_table(report, kind, &Slice::ndcg, "ndcg@10"),
                  "<details><summary>The same by HR@10</summary>",
                  slices_table(report, kind, &Slice::hr, "hr@10"), "</details>\n");
  }
  return cat(
      "<section><h2 id=\"slices\">For whom it works</h2>\n<p>New users have short "
      "histories; new titles have few interactions. A slice with few users has a wide "
      "interval. The darker a cell, the higher its value within its table.</p>\n",
      tables, "</section>\n");
}

std::string beyond_section(const Report& report) {
  return cat(
      "<section><h2 id=\"beyond\">Beyond accuracy</h2>\n<p>How much of the catalogue is "
      "shown, how popular it is, and how close to each user’s taste. A higher or lower value is "
      "not better by itself.</p>\n",
      beyond_accuracy_table(report), "</section>\n");
}

std::string titles_list(const char* tag, const std::vector<std::string>& names) {
  std::string items;
  for (const std::string& name : names) items += cat("<li>", escape(name), "</li>");
  return cat('<', tag, '>', items, "</", tag, '>');
}

std::string example_card(const Report& report, const Example& example) {
  std::string lists = cat("<div><h4>Watched last</h4>", titles_list("ul", example.watched),
                          "<h4>Watched next</h4>", titles_list("ul", example.next), "</div>");
  for (size_t i = 0; i < example.lists.size(); ++i) {
    lists += cat("<div><h4>", legend_marker(i), escape(report.bundles[i].label), "</h4><ol>");
    for (const ExampleTitle& title : example.lists[i]) {
      lists += cat("<li", title.found ? " class=\"found\"" : "", '>', escape(title.name), "</li>");
    }
    lists += "</ol></div>";
  }
  return cat("<article class=\"user\"><h3>User ", escape(example.user_id),
             "</h3><div class=\"lists\">", lists, "</div></article>\n");
}

std::string examples_section(const Report& report) {
  std::string cards;
  for (const Example& example : report.examples) cards += example_card(report, example);
  return cat(
      "<section><h2 id=\"examples\">A few users</h2>\n<p>Drawn at random. A tick marks a "
      "title that the user watched next.</p>\n",
      cards, "</section>\n");
}

std::string everything_section(const Report& report) {
  std::string tables = differences_table(report);
  for (const char* protocol : {"full_rank", "sampled_99", "candidates", "rating", "disliked"}) {
    tables += protocol_table(report, protocol);
  }
  return cat(
      "<section><h2 id=\"all\">Every metric</h2>\n<details><summary>All metrics at all "
      "cutoffs, and differences between models</summary>",
      tables, "</details></section>\n");
}

std::string definitions_section() {
  std::string entries;
  for (const Definition& each : definitions()) {
    entries +=
        cat("<dt id=\"def-", each.id, "\">", each.name, "</dt><dd>", each.text,
            *each.source == '\0' ? "" : cat("<cite>", escape(each.source), "</cite>"), "</dd>\n");
  }
  return cat("<section><h2 id=\"definitions\">What the names mean</h2>\n<dl class=\"definitions\">",
             entries, "</dl></section>\n");
}

std::string source_list(const std::vector<Source>& sources) {
  std::string items;
  for (const Source& source : sources) {
    items += cat("<li>", escape(source.kind), " ", escape(source.name), " <code>",
                 escape(source.sha256), "</code></li>");
  }
  return items.empty() ? "" : "<ul>" + items + "</ul>";
}

std::string lineage_section(const Report& report) {
  std::string items =
      cat("<li>dataset ", escape(report.dataset.name), " <code>", escape(report.dataset.sha256),
          "</code>", source_list(report.dataset.sources), "</li>");
  for (const BundleResult& bundle : report.bundles) {
    items += cat("<li>bundle ", escape(bundle.name), " <code>", escape(bundle.sha256), "</code>",
                 source_list(bundle.sources), "</li>");
  }
  return cat(
      "<section class=\"lineage\"><h2 id=\"lineage\">Where it comes from</h2>\n<p>Below each "
      "dataset and bundle is what it was made from, with the hash that <code>marquee "
      "inspect</code> shows.</p>\n<ul>",
      items, "</ul>\n<p>This report, seed ", report.seed, ", ", grouped(report.resamples),
      " resamples:</p><pre><code>", escape(report.command), "</code></pre></section>\n");
}

}  // namespace

std::string to_html(const Report& report) {
  return html_document(
      headline(report),
      cat(header(report), models_section(report), gate_section(report), seeds_section(report),
          plots_section(report), slices_section(report), beyond_section(report),
          frontier_section(report), onboarding_section(report), examples_section(report),
          everything_section(report), definitions_section(), lineage_section(report), "</main>\n"),
      " The same values, and more, are in report.json beside this file.");
}

}  // namespace marquee::evaluation
