#include "evaluation/fairness/european.h"

#include <algorithm>

#include "core/error.h"
#include "core/text.h"
#include "data/titles.h"
#include "evaluation/fairness/provider_groups.h"
#include "evaluation/fairness/providers.h"

namespace marquee::evaluation {

namespace {

double mean(const std::vector<bool>& of) {
  return static_cast<double>(std::ranges::count(of, true)) /
         static_cast<double>(std::max<size_t>(1, of.size()));
}

}  // namespace

bool is_european(std::string_view countries, const std::set<std::string>& european) {
  return data::mostly_from(data::split_values(countries), european);
}

void check_countries(const data::Catalogue& catalogue, const configs::EuropeanLimit& limit) {
  if (!has_countries(catalogue)) {
    if (!limit.any()) return;
    throw Error("european: no title of this dataset has countries; ingest a titles file with them");
  }
  const auto usual = data::country_set(configs::EuropeanLimit{}.countries);
  std::set<std::string> there;
  for (int64_t title = 1; title <= catalogue.size(); ++title) {
    for (const std::string& name : data::split_values(catalogue.countries(title))) {
      there.insert(name);
    }
  }
  for (const std::string& name : data::country_set(limit.countries)) {
    if (usual.contains(name) || there.contains(name)) continue;
    throw Error(cat("european.countries: ", in_quotes(name),
                    " is a country of no title; there are ",
                    join({there.begin(), there.end()}, ", ")));
  }
}

std::optional<EuropeanWorks> european_works(const Questions& questions, const Answers& answers,
                                            const configs::EuropeanLimit& limit,
                                            const BootstrapOptions& bootstrap) {
  const data::Catalogue& catalogue = questions.dataset.catalogue();
  const TestUsers& test = questions.test_users;
  check_countries(catalogue, limit);
  if (!has_countries(catalogue)) return std::nullopt;
  const auto european = data::country_set(limit.countries);
  std::vector<bool> known, is{false};  // `is`: [titles + 1]
  for (int64_t title = 1; title <= catalogue.size(); ++title) {
    known.push_back(!catalogue.countries(title).empty());
    is.push_back(is_european(catalogue.countries(title), european));
  }
  std::vector<bool> watched;
  for (const uint32_t title : test.targets) watched.push_back(is[title]);
  PerUser shown, lists;
  for (int64_t member = 0; member < test.size(); ++member) {
    const auto list = answers.list(member);
    double sum = 0, weight = 0;
    int titles = 0;
    for (size_t place = 0; place < list.size() && list[place] != 0; ++place) {
      weight += exposure_of(place);
      sum += is[list[place]] ? exposure_of(place) : 0;
      titles += is[list[place]];
    }
    shown.sums.push_back(sum);
    shown.weights.push_back(weight);
    lists.sums.push_back(titles >= limit.titles_in_list ? 1 : 0);
  }
  const PerUser* columns[] = {&shown, &lists};
  const auto resampled = evaluation::bootstrap(columns, bootstrap);
  return EuropeanWorks{.known = mean(known),
                       .catalogue = mean({is.begin() + 1, is.end()}),
                       .watched = mean(watched),
                       .shown = resampled[0].interval(),
                       .lists = resampled[1].interval()};
}

}  // namespace marquee::evaluation
