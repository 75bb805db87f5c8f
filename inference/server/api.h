// The addresses of the server, and what each does (docs/serving.md).
#pragma once

#include "inference/server/http.h"
#include "inference/server/service.h"

namespace marquee::server {

// Answers one request; the service must outlive every answer.
class Api {
 public:
  explicit Api(Service& service) : service_(service) {}

  void handle(HttpRequest request, HttpReply reply);

  // Told by whoever owns the connections; for /metrics.
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

  Service& service_;
  std::function<int()> connections_ = [] { return 0; };
};

}  // namespace marquee::server
