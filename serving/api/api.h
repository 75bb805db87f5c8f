// The addresses of the server, and what each does (docs/serving.md).
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "serving/api/access_log.h"
#include "serving/api/api_keys.h"
#include "serving/http/http.h"
#include "serving/service.h"

namespace marquee::serving {

// One request on its way to an answer.
struct Exchange {
  HttpRequest request;
  HttpReply reply;
  std::shared_ptr<AccessRecord> record = nullptr;  // null: there is no access log

  // Tells the access log which user the request is about.
  void is_about(const std::optional<std::string>& user_id) const {
    if (record && user_id) record->user = *user_id;
  }
};

// Answers requests; the service must outlive every answer.
class Api {
 public:
  // Without keys everybody may use it; without a log nothing is written.
  Api(Service& service, std::shared_ptr<const ApiKeys> keys, std::shared_ptr<AccessLog> log)
      : service_(service), keys_(std::move(keys)), log_(std::move(log)) {}

  void handle(HttpRequest request, HttpReply reply);

  // How many connections there are, for /metrics; set before the first of them.
  void set_connections(std::function<int()> connections) { connections_ = std::move(connections); }

  // "GET /v1/users/{}", every address that is answered.
  static std::vector<std::string> addresses();

 private:
  struct Route;
  static const std::vector<Route>& routes();
  static std::vector<std::string> methods();

  void recommend(Exchange& exchange);
  void page(Exchange& exchange);
  void predict(Exchange& exchange);
  void onboarding(Exchange& exchange);
  void similar(Exchange& exchange);
  void search(Exchange& exchange);
  void put_title(Exchange& exchange);
  void withdraw(Exchange& exchange);
  void events(Exchange& exchange);
  void user(Exchange& exchange);
  void choose_profile(Exchange& exchange);
  void forget(Exchange& exchange);
  void live(Exchange& exchange);
  void ready(Exchange& exchange);
  void model(Exchange& exchange);
  void model_parameters(Exchange& exchange);
  void v2_server(Exchange& exchange);
  void v2_model(Exchange& exchange);
  void v2_ready(Exchange& exchange);
  void v2_infer(Exchange& exchange);
  void metrics(Exchange& exchange);
  void asset(Exchange& exchange);

  bool v2_names_model(const Exchange& exchange) const;  // else it is answered with 404
  void submit(Call call, const Exchange& exchange);

  void answer(const Route& route, HttpRequest request, HttpReply reply);
  // The request with a reply that counts in the metrics and in the access log.
  Exchange counted(const Route& route, HttpRequest request, const std::string& key,
                   HttpReply reply);

  Service& service_;
  const std::shared_ptr<const ApiKeys> keys_;
  const std::shared_ptr<AccessLog> log_;
  std::function<int()> connections_ = [] { return 0; };
};

}  // namespace marquee::serving
