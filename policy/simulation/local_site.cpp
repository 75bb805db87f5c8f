#include <future>
#include <limits>

#include "core/error.h"
#include "core/text.h"
#include "data/synth/tables.h"
#include "policy/simulation/site.h"

namespace marquee::policy {

namespace {

serving::ServiceOptions service_options(const configs::ArmConfig& arm, const SiteSetting& setting) {
  serving::ServiceOptions options;
  options.bundle = setting.base / arm.bundle;
  options.state = setting.folder / "state";
  options.histories = "memory";
  options.page = arm.page;
  options.diversity = arm.diversity;
  if (!arm.policy.empty()) options.policy = setting.base / arm.policy;
  options.queue.workers = 1;
  // All that are needed: which are dropped would depend on the order of threads.
  options.store.recent_pages = std::numeric_limits<int>::max();
  if (setting.config.exposures) options.exposures = setting.folder / "exposures";
  options.exposure.user_ids = "plain";
  return options;
}

// Waits for what a call says to its last argument.
class Waiting {
 public:
  auto done() {
    auto promise = std::make_shared<std::promise<std::optional<Error>>>();
    all_.push_back(promise->get_future());
    return [promise](const std::optional<Error>& error, auto...) { promise->set_value(error); };
  }
  std::optional<Error> first_error() {
    std::optional<Error> first;
    for (auto& each : all_) {
      auto error = each.get();
      if (!first) first = std::move(error);
    }
    return first;
  }

 private:
  std::vector<std::future<std::optional<Error>>> all_;
};

class LocalSite : public Site {
 public:
  LocalSite(const configs::ArmConfig& arm, const SiteSetting& setting)
      : population_(setting.population), service_(service_options(arm, setting)) {
    const auto model = service_.models().current();
    const auto& titles = model->bundle.titles();
    for (int64_t i = 1; i <= titles.size(); ++i) {
      if (population_.title_index(titles[i].id) >= 0) continue;
      throw Error(cat(arm.bundle, ": its title ", in_quotes(titles[i].id),
                      " is none of the simulated world's; train it on the data of that world"));
    }
  }

  std::vector<serving::PageAnswer> pages(std::vector<serving::PageCall> calls) override {
    std::vector<serving::PageAnswer> answers;
    for (auto& page : service_.pages(std::move(calls))) {
      if (const auto* error = std::get_if<Error>(&page)) throw *error;
      answers.push_back(std::get<serving::PageAnswer>(std::move(page)));
    }
    return answers;
  }

  void add_history(const std::vector<serving::UserEvent>& events) override {
    Waiting waiting;
    service_.store().append(events, waiting.done());
    if (const auto error = waiting.first_error()) throw *error;
  }

  void record(const std::vector<serving::UserEvent>& events, int64_t received) override {
    Waiting waiting;
    service_.record(events, received, waiting.done());
    if (const auto error = waiting.first_error()) throw *error;
  }

  void end_day(int64_t now) override { service_.learn(now * 1'000); }

  std::optional<Error> change(const std::vector<CatalogueChange>& changes) override {
    Waiting waiting;
    auto& editor = service_.title_editor();
    for (const CatalogueChange& each : changes) {
      if (each.released) {
        editor.put(data::synth::title_record(population_.pool, each.title), waiting.done());
      } else if (knows(population_.title_id(each.title))) {
        editor.withdraw(population_.title_id(each.title), waiting.done());
      }
    }
    return waiting.first_error();
  }

  void stop() override { service_.stop(); }

 private:
  bool knows(const std::string& title_id) {
    return service_.models().current()->bundle.titles().find(title_id) != 0;
  }

  const Population& population_;
  serving::Service service_;
};

}  // namespace

std::unique_ptr<Site> make_local_site(const configs::ArmConfig& arm, const SiteSetting& setting) {
  std::filesystem::create_directories(setting.folder);
  return std::make_unique<LocalSite>(arm, setting);
}

}  // namespace marquee::policy
