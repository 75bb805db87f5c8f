#include "serving/api/api.h"

#include <algorithm>
#include <ctime>
#include <optional>

#include "core/error.h"
#include "core/json.h"
#include "core/text.h"
#include "data/limits.h"
#include "serving/api/open_inference.h"
#include "serving/api/routing.h"

namespace marquee::serving {

using Clock = std::chrono::steady_clock;

// What an address asks of a request.
struct RouteOptions {
  bool takes_json = false;  // a body of this type, else 415
  bool open = false;        // to everybody, where others need a key
};

// A path in which {} is any one piece.
struct Api::Route {
  const char* method;
  std::string path;
  void (Api::*answer)(Exchange&);
  RouteOptions options = {};
};

const std::vector<Api::Route>& Api::routes() {
  static constexpr RouteOptions kJson = {.takes_json = true}, kOpen = {.open = true};
  static const std::vector<Route> routes = {
      {"POST", "/v1/recommend", &Api::recommend, kJson},
      {"POST", "/v1/page", &Api::page, kJson},
      {"POST", "/v1/predict", &Api::predict, kJson},
      {"POST", "/v1/onboarding/next", &Api::onboarding, kJson},
      {"POST", "/v1/events", &Api::events, kJson},
      {"GET", "/v1/titles", &Api::search},
      {"GET", "/v1/titles/{}/similar", &Api::similar},
      {"PUT", "/v1/titles/{}", &Api::put_title, kJson},
      {"DELETE", "/v1/titles/{}", &Api::withdraw},
      {"GET", "/v1/users/{}", &Api::user},
      {"DELETE", "/v1/users/{}", &Api::forget},
      {"PUT", "/v1/users/{}/profile", &Api::choose_profile, kJson},
      {"GET", "/v1/health/live", &Api::live, kOpen},
      {"GET", "/v1/health/ready", &Api::ready, kOpen},
      {"GET", "/v1/model", &Api::model},
      {"GET", "/v1/model/parameters", &Api::model_parameters},
      {"GET", "/metrics", &Api::metrics},
      {"GET", "/v2", &Api::v2_server},
      {"GET", "/v2/health/live", &Api::live, kOpen},
      {"GET", "/v2/health/ready", &Api::ready, kOpen},
      {"GET", "/v2/models/{}", &Api::v2_model},
      {"GET", "/v2/models/{}/versions/{}", &Api::v2_model},
      {"GET", "/v2/models/{}/ready", &Api::v2_ready},
      {"GET", "/v2/models/{}/versions/{}/ready", &Api::v2_ready},
      {"POST", "/v2/models/{}/infer", &Api::v2_infer},
      {"POST", "/v2/models/{}/versions/{}/infer", &Api::v2_infer},
      {"GET", "/", &Api::asset, kOpen},
      {"GET", "/assets/{}", &Api::asset, kOpen},
      {"GET", "/openapi.json", &Api::asset, kOpen},
  };
  return routes;
}

std::vector<std::string> Api::methods() {
  std::vector<std::string> all = {"GET", "HEAD"};
  for (const Route& route : routes()) {
    if (std::find(all.begin(), all.end(), route.method) == all.end()) {
      all.emplace_back(route.method);
    }
  }
  return all;
}

std::vector<std::string> Api::addresses() {
  std::vector<std::string> all;
  for (const Route& route : routes()) all.push_back(cat(route.method, ' ', route.path));
  return all;
}

namespace {

bool is_json(const HttpRequest& request) {
  const std::string_view type = request.field("content-type");
  return lower_case(trim(type.substr(0, type.find(';')))) == "application/json";
}

bool is_encoded(const HttpRequest& request) {
  const std::string encoding = lower_case(trim(request.field("content-encoding")));
  return !encoding.empty() && encoding != "identity";
}

HttpResponse encoding_refusal(std::string_view encoding) {
  HttpResponse response = error_response(
      415, cat("Content-Encoding ", in_quotes(encoding), " is not taken; send the body as it is"));
  response.fields.emplace_back("Accept-Encoding", "identity");
  return response;
}

// Some clients begin a text with a byte order mark.
void drop_byte_order_mark(std::string& body) {
  if (body.starts_with("\xEF\xBB\xBF")) body.erase(0, 3);
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

// What an address, or the server as a whole, can be asked for.
HttpResponse options_response(const std::vector<std::string>& methods) {
  HttpResponse response{.status = 204, .body = ""};
  response.fields.emplace_back("Allow", join(methods, ", ") + ", OPTIONS");
  return response;
}

}  // namespace

void Api::handle(HttpRequest request, HttpReply reply) {
  if (request.path == "*") return reply(options_response(methods()));
  std::vector<std::string> allowed;
  for (const Route& route : routes()) {
    if (!matched(route.path, request.path)) continue;
    if (request.method == route.method ||
        (request.method == "HEAD" && std::string_view(route.method) == "GET")) {
      return answer(route, std::move(request), std::move(reply));
    }
    allowed.emplace_back(route.method);
    if (allowed.back() == "GET") allowed.emplace_back("HEAD");
  }
  if (allowed.empty()) {
    reply(error_response(404, "there is nothing at this address"));
    return;
  }
  if (request.method == "OPTIONS") return reply(options_response(allowed));
  HttpResponse response = error_response(405, cat("this address takes ", join(allowed, ", ")));
  response.fields.emplace_back("Allow", join(allowed, ", "));
  reply(std::move(response));
}

void Api::answer(const Route& route, HttpRequest request, HttpReply reply) {
  ApiKeys::Decision decision;
  if (keys_ && !route.options.open) {
    decision = keys_->check(request.field("authorization"), Clock::now());
  }
  Exchange exchange = counted(route, std::move(request), decision.name, std::move(reply));
  try {
    if (decision.status != 200) {
      exchange.reply(refusal(decision));
    } else if (is_encoded(exchange.request)) {
      exchange.reply(encoding_refusal(exchange.request.field("content-encoding")));
    } else if (route.options.takes_json && !is_json(exchange.request)) {
      exchange.reply(error_response(415, "Content-Type must be application/json"));
    } else {
      if (route.options.takes_json) drop_byte_order_mark(exchange.request.body);
      (this->*route.answer)(exchange);
    }
  } catch (const Error& error) {
    exchange.reply(error_response(error));
  }
}

Exchange Api::counted(const Route& route, HttpRequest request, const std::string& key,
                      HttpReply reply) {
  std::shared_ptr<AccessRecord> record;
  if (log_) {
    record = std::make_shared<AccessRecord>();
    record->tenant = service_.options().tenant;
    record->method = request.method;
    record->route = route.path;
    record->key = key;
    record->traceparent = request.field("traceparent");
  }
  const auto count = [this, &route, arrived = request.arrived, record,
                      reply = std::move(reply)](HttpResponse response) {
    const double seconds = std::chrono::duration<double>(Clock::now() - arrived).count();
    service_.metrics().answered(route.path, response.status, seconds);
    if (record) {
      record->status = response.status;
      record->seconds = seconds;
      record->bytes = response.body.size();
      if (response.is_about_nobody) record->user.clear();
      log_->add(*record);
    }
    reply(std::move(response));
  };
  return {.request = std::move(request), .reply = count, .record = record};
}

void Api::submit(Call call, const Exchange& exchange) {
  const std::chrono::milliseconds patience(service_.options().queue.deadline_ms);
  service_.submit({.call = std::move(call),
                   .prefetch = exchange.request.field("sec-purpose").starts_with("prefetch"),
                   .queued = Clock::now(),
                   .deadline = deadline_of(exchange.request, patience),
                   .reply = exchange.reply});
}

namespace {

// A stored history is read now; one that comes with the request has its own time. Whoever wants no
// profile gets what is there now.
inference::Request at_now(inference::Request request) {
  if ((request.user_id || request.without_profile) && !request.at) request.at = std::time(nullptr);
  return request;
}

}  // namespace

void Api::recommend(Exchange& exchange) {
  check_query(exchange.request, {});
  auto parsed = at_now(inference::parse_request(exchange.request.body));
  if (parsed.sink_repeated && service_.options().page.repeat_pages == 0) {
    throw Error(
        "sink_repeated: this server keeps nothing of what it showed; start it with "
        "--set page.repeat_pages=N");
  }
  if (parsed.sink_repeated && !parsed.user_id && !parsed.without_profile) {
    throw Error("sink_repeated: takes a user_id, since what was shown is known by it");
  }
  exchange.is_about(parsed.user_id);
  submit(std::move(parsed), exchange);
}

void Api::page(Exchange& exchange) {
  check_query(exchange.request, {"model", "explain"});
  const std::string which = parameter(exchange.request, "model");
  if (!which.empty() && which != "current" && which != "compared") {
    throw Error(cat("model: must be current or compared, not ", in_quotes(which)));
  }
  const bool other = which == "compared";
  const ModelSlot::Model of = other ? service_.models().compared() : nullptr;
  if (other && !of) throw Error("model: there is none to compare with (marquee serve --compare)");
  auto parsed = at_now(parse_page_request(exchange.request.body));
  exchange.is_about(parsed.user_id);
  submit(PageCall{std::move(parsed), of, flag_parameter(exchange.request, "explain")}, exchange);
}

void Api::onboarding(Exchange& exchange) {
  check_query(exchange.request, {});
  auto parsed = inference::parse_onboarding_request(exchange.request.body);
  if (!parsed.at) parsed.at = std::time(nullptr);
  submit(std::move(parsed), exchange);
}

void Api::predict(Exchange& exchange) {
  check_query(exchange.request, {});
  auto parsed = inference::parse_predict_request(exchange.request.body);
  exchange.is_about(parsed.user_id);
  submit(std::move(parsed), exchange);
}

void Api::similar(Exchange& exchange) {
  check_query(exchange.request, {"k"});
  submit(SimilarCall{id_in("/v1/titles/{}/similar", exchange.request),
                     count_parameter(exchange.request, 10)},
         exchange);
}

void Api::search(Exchange& exchange) {
  check_query(exchange.request, {"query", "k"});
  const std::string query = parameter(exchange.request, "query");
  if (query.size() > data::kMaxIdBytes) {
    throw Error(cat("query: must have up to ", data::kMaxIdBytes, " bytes"));
  }
  const auto model = service_.models().current();
  const inference::TitleTable& titles = model->bundle.titles();
  Json found = Json::array();
  for (const uint32_t index :
       model->names.find(query, static_cast<size_t>(count_parameter(exchange.request, 20)))) {
    const inference::Title& title = titles[index];
    Json genres = Json::array();
    for (const uint32_t genre : title[data::Feature::kGenre]) {
      genres.push_back(titles.feature_name(data::Feature::kGenre, genre));
    }
    Json entry = {{"title_id", title.id}, {"name", title.name}, {"genres", std::move(genres)}};
    if (title.year != 0) entry["year"] = title.year;
    found.push_back(std::move(entry));
  }
  exchange.reply({.body = Json{{"titles", std::move(found)}}.dump()});
}

namespace {

// Answers a change of a title once it shows.
TitleEditor::Done when_edited(const std::string& title_id, const HttpReply& reply,
                              const char* what) {
  return [title_id, reply, what](const std::optional<Error>& error) {
    if (!error) return reply({.body = Json{{"title_id", title_id}, {"title", what}}.dump()});
    if (error->kind() == ErrorKind::kInput) return reply(error_response(409, error->what()));
    reply(unavailable_response("the title could not be changed; send the request again"));
  };
}

}  // namespace

void Api::put_title(Exchange& exchange) {
  check_query(exchange.request, {});
  const std::string id = id_in("/v1/titles/{}", exchange.request);
  service_.title_editor().put(inference::parse_title(exchange.request.body, id),
                              when_edited(id, exchange.reply, "put"));
}

void Api::withdraw(Exchange& exchange) {
  check_query(exchange.request, {});
  const std::string id = id_in("/v1/titles/{}", exchange.request);
  if (service_.models().current()->bundle.titles().find(id) == 0) {
    return exchange.reply(error_response(404, cat("there is no title ", in_quotes(id))));
  }
  service_.title_editor().withdraw(id, when_edited(id, exchange.reply, "withdrawn"));
}

void Api::v2_infer(Exchange& exchange) {
  if (!v2_names_model(exchange)) return;
  submit(open_inference::parse(exchange.request), exchange);
}

}  // namespace marquee::serving
