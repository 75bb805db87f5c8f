// The addresses of the server, and what each does (docs/serving.md).
#pragma once

#include "serving/api/access_log.h"
#include "serving/api/api_keys.h"
#include "serving/http/http.h"
#include "serving/service.h"

namespace marquee::serving {

// Answers one request; the service must outlive every answer.
class Api {
 public:
  // Without keys everybody may ask; without a log nothing is written.
  Api(Service& service, std::shared_ptr<const ApiKeys> keys, std::shared_ptr<AccessLog> log)
      : service_(service), keys_(std::move(keys)), log_(std::move(log)) {}

  void handle(HttpRequest request, HttpReply reply);

  // Told by whoever owns the connections, before the first of them; for /metrics.
  void set_connections(std::function<int()> connections) { connections_ = std::move(connections); }

 private:
  struct Route;
  static const std::vector<Route>& routes();

  void recommend(HttpRequest& request, HttpReply reply);
  void page(HttpRequest& request, HttpReply reply);
  void predict(HttpRequest& request, HttpReply reply);
  void similar(HttpRequest& request, HttpReply reply);
  void search(HttpRequest& request, HttpReply reply);
  void put_title(HttpRequest& request, HttpReply reply);
  void withdraw(HttpRequest& request, HttpReply reply);
  void events(HttpRequest& request, HttpReply reply);
  void user(HttpRequest& request, HttpReply reply);
  void forget(HttpRequest& request, HttpReply reply);
  void live(HttpRequest& request, HttpReply reply);
  void ready(HttpRequest& request, HttpReply reply);
  void model(HttpRequest& request, HttpReply reply);
  void v2_server(HttpRequest& request, HttpReply reply);
  void v2_model(HttpRequest& request, HttpReply reply);
  void v2_ready(HttpRequest& request, HttpReply reply);
  void v2_infer(HttpRequest& request, HttpReply reply);
  void metrics(HttpRequest& request, HttpReply reply);
  void asset(HttpRequest& request, HttpReply reply);

  bool v2_names_model(const HttpRequest& request, const HttpReply& reply);  // else 404
  void submit(Call call, const HttpRequest& request, HttpReply reply);

  void answer(const Route& route, HttpRequest request, HttpReply reply);
  HttpReply counted(const Route& route, HttpRequest& request, std::string key, HttpReply reply);

  Service& service_;
  const std::shared_ptr<const ApiKeys> keys_;
  const std::shared_ptr<AccessLog> log_;
  std::function<int()> connections_ = [] { return 0; };
};

}  // namespace marquee::serving
