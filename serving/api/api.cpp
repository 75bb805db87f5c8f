#include "serving/api/api.h"

#include <algorithm>
#include <ctime>
#include <optional>

#include "core/error.h"
#include "core/json.h"
#include "core/text.h"
#include "serving/api/open_inference.h"
#include "serving/api/routing.h"

namespace marquee::serving {

using Clock = std::chrono::steady_clock;

// A path in which {} stands for one piece.
struct Api::Route {
  const char* method;
  std::string path;
  void (Api::*answer)(HttpRequest&, HttpReply);
  bool has_body = false;
  bool needs_key = true;  // where there are keys
};

const std::vector<Api::Route>& Api::routes() {
  static const std::vector<Route> routes = {
      {"POST", "/v1/recommend", &Api::recommend, true},
      {"POST", "/v1/page", &Api::page, true},
      {"POST", "/v1/predict", &Api::predict, true},
      {"POST", "/v1/events", &Api::events, true},
      {"GET", "/v1/titles", &Api::search},
      {"GET", "/v1/titles/{}/similar", &Api::similar},
      {"PUT", "/v1/titles/{}", &Api::put_title, true},
      {"DELETE", "/v1/titles/{}", &Api::withdraw},
      {"GET", "/v1/users/{}", &Api::user},
      {"DELETE", "/v1/users/{}", &Api::forget},
      {"GET", "/v1/health/live", &Api::live, false, false},
      {"GET", "/v1/health/ready", &Api::ready, false, false},
      {"GET", "/v1/model", &Api::model},
      {"GET", "/metrics", &Api::metrics},
      {"GET", "/v2", &Api::v2_server},
      {"GET", "/v2/health/live", &Api::live, false, false},
      {"GET", "/v2/health/ready", &Api::ready, false, false},
      {"GET", "/v2/models/{}", &Api::v2_model},
      {"GET", "/v2/models/{}/versions/{}", &Api::v2_model},
      {"GET", "/v2/models/{}/ready", &Api::v2_ready},
      {"GET", "/v2/models/{}/versions/{}/ready", &Api::v2_ready},
      {"POST", "/v2/models/{}/infer", &Api::v2_infer},
      {"POST", "/v2/models/{}/versions/{}/infer", &Api::v2_infer},
      {"GET", "/", &Api::asset, false, false},
      {"GET", "/assets/{}", &Api::asset, false, false},
      {"GET", "/openapi.json", &Api::asset, false, false},
  };
  return routes;
}

namespace {

bool is_json(const HttpRequest& request) {
  const std::string_view type = request.field("content-type");
  return trim(type.substr(0, type.find(';'))) == "application/json";
}

HttpResponse refusal(const ApiKeys::Decision& decision) {
  if (decision.status == 401) {
    HttpResponse response = error_response(401, "this needs Authorization: Bearer KEY");
    response.fields.emplace_back("WWW-Authenticate", "Bearer");
    return response;
  }
  HttpResponse response = error_response(429, "more requests than this key may send");
  response.fields.emplace_back("Retry-After", std::to_string(decision.retry_after));
  return response;
}

void tell(const HttpRequest& request, const std::optional<std::string>& user) {
  if (request.about && user) *request.about = *user;
}

}  // namespace

void Api::handle(HttpRequest request, HttpReply reply) {
  std::vector<std::string> allowed;
  for (const Route& route : routes()) {
    if (!matched(route.path, request.path)) continue;
    if (request.method == route.method ||
        (request.method == "HEAD" && std::string_view(route.method) == "GET")) {
      return answer(route, std::move(request), std::move(reply));
    }
    allowed.emplace_back(route.method);
  }
  if (allowed.empty()) {
    reply(error_response(404, "there is nothing at this address"));
    return;
  }
  HttpResponse response = error_response(405, cat("this address takes ", join(allowed, ", ")));
  response.fields.emplace_back("Allow", join(allowed, ", "));
  reply(std::move(response));
}

void Api::answer(const Route& route, HttpRequest request, HttpReply reply) {
  ApiKeys::Decision decision;
  if (keys_ && route.needs_key) {
    decision = keys_->check(request.field("authorization"), Clock::now());
  }
  reply = counted(route, request, decision.name, std::move(reply));
  try {
    if (decision.status != 200) {
      reply(refusal(decision));
    } else if (route.has_body && !is_json(request)) {
      reply(error_response(415, "Content-Type must be application/json"));
    } else {
      (this->*route.answer)(request, reply);
    }
  } catch (const Error& error) {
    reply(error_response(error));
  }
}

HttpReply Api::counted(const Route& route, HttpRequest& request, std::string key, HttpReply reply) {
  std::shared_ptr<AccessRecord> record;
  if (log_) {
    record = std::make_shared<AccessRecord>();
    record->method = request.method;
    record->route = route.path;
    record->key = std::move(key);
    record->traceparent = request.field("traceparent");
    request.about = std::shared_ptr<std::string>(record, &record->user);
  }
  return [this, &route, arrived = request.arrived, record = std::move(record),
          reply = std::move(reply)](HttpResponse response) {
    const double seconds = std::chrono::duration<double>(Clock::now() - arrived).count();
    service_.metrics().answered(route.path, response.status, seconds);
    if (record) {
      record->status = response.status;
      record->seconds = seconds;
      record->bytes = response.body.size();
      log_->add(*record);
    }
    reply(std::move(response));
  };
}

void Api::submit(Call call, const HttpRequest& request, HttpReply reply) {
  service_.submit({.call = std::move(call),
                   .prefetch = request.field("sec-purpose").starts_with("prefetch"),
                   .queued = Clock::now(),
                   .deadline = deadline_of(
                       request, std::chrono::milliseconds(service_.options().queue.deadline_ms)),
                   .reply = std::move(reply)});
}

namespace {

// A stored history is asked for at this moment; one that comes with the request has its own.
inference::Request at_now(inference::Request request) {
  if (request.user_id && !request.at) request.at = std::time(nullptr);
  return request;
}

}  // namespace

void Api::recommend(HttpRequest& request, HttpReply reply) {
  check_query(request, {});
  auto requested = at_now(inference::parse_request(request.body));
  tell(request, requested.user_id);
  submit(std::move(requested), request, std::move(reply));
}

void Api::page(HttpRequest& request, HttpReply reply) {
  check_query(request, {"model"});
  const std::string which = parameter(request, "model");
  if (!which.empty() && which != "current" && which != "compared") {
    throw Error(cat("model: must be current or compared, not ", in_quotes(which)));
  }
  const bool other = which == "compared";
  const ModelSlot::Model of = other ? service_.models().compared() : nullptr;
  if (other && !of) throw Error("model: there is none to compare with (marquee serve --compare)");
  auto requested = at_now(parse_page_request(request.body));
  tell(request, requested.user_id);
  submit(PageCall{std::move(requested), of}, request, std::move(reply));
}

void Api::predict(HttpRequest& request, HttpReply reply) {
  check_query(request, {});
  auto requested = inference::parse_predict_request(request.body);
  tell(request, requested.user_id);
  submit(std::move(requested), request, std::move(reply));
}

void Api::similar(HttpRequest& request, HttpReply reply) {
  check_query(request, {"k"});
  submit(SimilarCall{id_in("/v1/titles/{}/similar", request), count_parameter(request, 10)},
         request, std::move(reply));
}

void Api::search(HttpRequest& request, HttpReply reply) {
  check_query(request, {"query", "k"});
  const std::string query = parameter(request, "query");
  if (query.size() > inference::kMaxIdBytes) {
    throw Error(cat("query: must have up to ", inference::kMaxIdBytes, " bytes"));
  }
  const auto model = service_.models().current();
  const inference::TitleTable& titles = model->bundle.titles();
  Json found = Json::array();
  for (const uint32_t index :
       model->search.find(query, static_cast<size_t>(count_parameter(request, 20)))) {
    const inference::Title& title = titles[index];
    Json genres = Json::array();
    for (const uint32_t genre : title[data::Feature::kGenre]) {
      genres.push_back(titles.feature_name(data::Feature::kGenre, genre));
    }
    Json entry = {{"title_id", title.id}, {"name", title.name}, {"genres", std::move(genres)}};
    if (title.year != 0) entry["year"] = title.year;
    found.push_back(std::move(entry));
  }
  reply({.body = Json{{"titles", std::move(found)}}.dump()});
}

void Api::events(HttpRequest& request, HttpReply reply) {
  check_query(request, {});
  auto events = parse_events(request.body, std::time(nullptr));
  const auto count = static_cast<int64_t>(events.size());
  const auto model = service_.models().current();
  Json unknown = Json::array();
  for (const auto& event : events) {
    const std::string& id = event.item.title_id;
    if (model->bundle.titles().find(id) == 0) unknown.push_back(id);
  }
  Json answer = {{"accepted", count}};
  if (!unknown.empty()) answer["unknown_titles"] = std::move(unknown);
  service_.store().append(
      std::move(events), [answer = std::move(answer), reply = std::move(reply)](
                             const std::optional<Error>& error, int64_t added) mutable {
        if (error) return reply(unavailable_response("the event could not be kept; send it again"));
        answer["new"] = added;
        reply({.body = answer.dump()});
      });
}

namespace {

TitleEditor::Done told(const std::string& title_id, HttpReply reply, const char* what) {
  return [title_id, reply = std::move(reply), what](const std::optional<Error>& error) {
    if (!error) return reply({.body = Json{{"title_id", title_id}, {"title", what}}.dump()});
    if (error->kind() == ErrorKind::kInput) return reply(error_response(409, error->what()));
    reply(unavailable_response("the title could not be changed; send the request again"));
  };
}

}  // namespace

void Api::put_title(HttpRequest& request, HttpReply reply) {
  check_query(request, {});
  const std::string id = id_in("/v1/titles/{}", request);
  service_.title_editor().put(inference::parse_title(request.body, id),
                              told(id, std::move(reply), "put"));
}

void Api::withdraw(HttpRequest& request, HttpReply reply) {
  check_query(request, {});
  const std::string id = id_in("/v1/titles/{}", request);
  if (service_.models().current()->bundle.titles().find(id) == 0) {
    return reply(error_response(404, cat("there is no title ", in_quotes(id))));
  }
  service_.title_editor().withdraw(id, told(id, std::move(reply), "withdrawn"));
}

void Api::user(HttpRequest& request, HttpReply reply) {
  check_query(request, {});
  const std::string user = id_in("/v1/users/{}", request);
  tell(request, user);
  const auto history = service_.store().history(user);
  if (!history) return reply(error_response(404, "nothing is stored of this member"));
  reply({.body = history_json(user, *history)});
}

void Api::forget(HttpRequest& request, HttpReply reply) {
  check_query(request, {});
  const std::string user = id_in("/v1/users/{}", request);
  tell(request, user);
  service_.store().forget(
      user, [reply = std::move(reply)](const std::optional<Error>& error, int64_t removed) {
        if (error) {
          return reply(unavailable_response(
              "the member could not be forgotten whole; send the request again"));
        }
        reply({.body = Json{{"removed", removed}}.dump()});
      });
}

void Api::v2_infer(HttpRequest& request, HttpReply reply) {
  if (!v2_names_model(request, reply)) return;
  submit(open_inference::parse(request), request, std::move(reply));
}

}  // namespace marquee::serving
