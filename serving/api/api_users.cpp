// What the server keeps of users: events in, histories out, and forgetting.
#include <ctime>
#include <optional>

#include "core/error.h"
#include "core/json.h"
#include "serving/api/api.h"
#include "serving/api/routing.h"

namespace marquee::serving {

void Api::events(Exchange& exchange) {
  check_query(exchange.request, {});
  auto events = parse_events(exchange.request.body, std::time(nullptr));
  const auto count = static_cast<int64_t>(events.size());
  const auto model = service_.models().current();
  Json unknown = Json::array();
  for (const auto& event : events) {
    const std::string& id = event.item.title_id;
    if (model->bundle.titles().find(id) == 0) unknown.push_back(id);
  }
  Json answer = {{"accepted", count}};
  if (!unknown.empty()) answer["unknown_titles"] = std::move(unknown);
  service_.record(
      std::move(events), std::time(nullptr),
      [answer = std::move(answer), reply = exchange.reply](const std::optional<Error>& error,
                                                           int64_t added) mutable {
        if (error) return reply(unavailable_response("the event could not be kept; send it again"));
        answer["new"] = added;
        reply({.body = answer.dump()});
      });
}

void Api::user(Exchange& exchange) {
  check_query(exchange.request, {});
  const std::string user = id_in("/v1/users/{}", exchange.request);
  exchange.is_about(user);
  const auto history = service_.store().history(user);
  const bool without_profile = service_.store().without_profile(user);
  if (!history && !without_profile) {
    return exchange.reply(error_response(404, "nothing is stored of this member"));
  }
  exchange.reply({.body = user_json(user, without_profile,
                                    history ? *history : std::vector<inference::HistoryItem>{})});
}

void Api::choose_profile(Exchange& exchange) {
  check_query(exchange.request, {});
  const std::string user = id_in("/v1/users/{}/profile", exchange.request);
  exchange.is_about(user);
  const bool without_profile = parse_profile_choice(exchange.request.body);
  service_.store().choose(
      user, without_profile,
      [without_profile, reply = exchange.reply](const std::optional<Error>& error, int64_t) {
        if (error)
          return reply(unavailable_response("the choice could not be kept; send it again"));
        reply({.body = Json{{"profile", without_profile ? "none" : "full"}}.dump()});
      });
}

void Api::forget(Exchange& exchange) {
  check_query(exchange.request, {});
  const std::string user = id_in("/v1/users/{}", exchange.request);
  exchange.is_about(user);
  Json answer = Json::object();
  if (const std::string id = service_.logged_as(user); !id.empty() && id != user) {
    answer["logged_as"] = id;
  }
  service_.forget(user, [answer = std::move(answer), reply = exchange.reply](
                            const std::optional<Error>& error, int64_t removed) mutable {
    answer["removed"] = removed;
    if (!error) return reply({.body = answer.dump()});
    reply(unavailable_response("the member was not forgotten completely; send the request again"));
  });
}

}  // namespace marquee::serving
