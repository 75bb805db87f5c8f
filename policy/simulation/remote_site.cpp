#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "core/file.h"
#include "core/json.h"
#include "core/log.h"
#include "core/text.h"
#include "data/events.h"
#include "policy/simulation/site.h"
#include "serving/http/client.h"

namespace marquee::policy {

namespace {

constexpr size_t kIdDigits = 8;

Json event_json(const serving::UserEvent& event) {
  Json json = {{"event_id", event.event_id},
               {"user_id", event.user_id},
               {"title_id", event.item.title_id},
               {"timestamp", event.item.timestamp.value()},
               {"event", std::string(data::name(event.item.event))}};
  if (!std::isnan(event.item.value)) json["value"] = event.item.value;
  if (!event.request_id.empty()) json["request_id"] = event.request_id;
  return json;
}

class RemoteSite : public Site {
 public:
  RemoteSite(const configs::ArmConfig& arm, const SiteSetting& setting)
      : url_(arm.server),
        population_(setting.population),
        client_(arm.server, arm.server_key.empty()
                                ? ""
                                : std::string(trim(read_file(setting.base / arm.server_key)))) {
    const Json model = parse_json(client_.call("GET", "/v1/model"), url_ + "/v1/model");
    log::info(cat(url_, " serves ", model.value("name", "?"), "@",
                  model.value("sha256", "?").substr(0, kIdDigits)));
  }

  std::vector<serving::PageAnswer> pages(std::vector<serving::PageCall> calls) override {
    std::vector<serving::PageAnswer> answers;
    for (const serving::PageCall& each : calls) {
      const auto& request = each.request;
      Json body = {{"user_id", *request.user_id}, {"at", *request.at}};
      if (!request.filters.region.empty()) body["filters"] = {{"region", request.filters.region}};
      answers.push_back(page_of(client_.call("POST", "/v1/page", body.dump())));
      // Where the server logs nothing, an event need not name a page, but has to come from one.
      if (answers.back().request_id.empty()) answers.back().request_id = each.request_id;
    }
    return answers;
  }

  void add_history(const std::vector<serving::UserEvent>& events) override { send(events); }
  void record(const std::vector<serving::UserEvent>& events, int64_t) override { send(events); }
  void end_day(int64_t) override {}  // a server learns by its own clock

  std::optional<Error> change(const std::vector<CatalogueChange>& changes) override {
    if (changes.empty()) return std::nullopt;
    return Error(cat(url_, ": titles come and go where a bundle is served in this process alone"));
  }

  void stop() override {}

 private:
  void send(const std::vector<serving::UserEvent>& events) {
    for (size_t begin = 0; begin < events.size(); begin += serving::kMaxEvents) {
      const size_t end = std::min(events.size(), begin + serving::kMaxEvents);
      Json body = Json::array();
      for (size_t i = begin; i < end; ++i) body.push_back(event_json(events[i]));
      client_.call("POST", "/v1/events", body.dump());
    }
  }

  serving::PageAnswer page_of(const std::string& body) const {
    const Json json = parse_json(body, url_ + "/v1/page");
    serving::PageAnswer page;
    try {
      page.request_id = json.value("request_id", "");
      for (const Json& row : json.at("rows")) {
        serving::PageRow& of = page.rows.emplace_back();
        of.kind = serving::row_kind(row.at("kind").get<std::string>()).value_or(of.kind);
        for (const Json& item : row.at("items")) {
          const std::string id = item.at("title_id");
          of.items.emplace_back().title_id = id;
          if (population_.title_index(id) >= 0) continue;
          throw Error(cat(url_, ": its title ", in_quotes(id),
                          " is none of the simulated world's; serve a bundle that was trained on "
                          "the data of that world"));
        }
      }
    } catch (const Json::exception& error) {
      throw Error(cat(url_, ": answers no page: ", json_reason(error)), ErrorKind::kSystem);
    }
    return page;
  }

  const std::string url_;
  const Population& population_;
  serving::HttpClient client_;
};

}  // namespace

std::unique_ptr<Site> make_remote_site(const configs::ArmConfig& arm, const SiteSetting& setting) {
  return std::make_unique<RemoteSite>(arm, setting);
}

}  // namespace marquee::policy
