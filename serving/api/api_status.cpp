// The server's state: health, the model, metrics. Also the page's files.
#include "core/json.h"
#include "core/text.h"
#include "core/version.h"
#include "inference/contexts.h"
#include "serving/api/api.h"
#include "serving/api/assets.h"
#include "serving/api/open_inference.h"
#include "serving/main_parameters.h"

namespace marquee::serving {

void Api::live(Exchange& exchange) { exchange.reply({.body = R"({"live":true})"}); }

void Api::v2_server(Exchange& exchange) {
  exchange.reply({.body = open_inference::server_metadata()});
}

bool Api::v2_names_model(const Exchange& exchange) const {
  const auto problem =
      open_inference::wrong_model(exchange.request.path, service_.models().current()->bundle);
  if (problem) exchange.reply(error_response(404, *problem));
  return !problem;
}

void Api::v2_model(Exchange& exchange) {
  if (!v2_names_model(exchange)) return;
  exchange.reply({.body = open_inference::model_metadata(service_.models().current()->bundle)});
}

void Api::v2_ready(Exchange& exchange) {
  if (v2_names_model(exchange)) ready(exchange);
}

void Api::ready(Exchange& exchange) {
  if (service_.draining) return exchange.reply(error_response(503, "the server is shutting down"));
  exchange.reply({.body = R"({"live":true,"ready":true})"});
}

void Api::model(Exchange& exchange) {
  const auto model = service_.models().current();
  const auto compared = service_.models().compared();
  const auto& facts = model->bundle.facts();
  Json about = Json{{"name", facts.model},
                    {"version", model->bundle.name()},
                    {"sha256", model->bundle.manifest().sha256},
                    {"titles", model->bundle.titles().size()},
                    {"parameters", facts.parameters},
                    {"max_history", facts.max_history},
                    {"predicts_ratings", model->runner.ranker().predicts_ratings()},
                    {"server", cat("marquee ", kVersion)}};
  if (const auto* contexts = model->bundle.contexts()) {
    for (const auto& column : contexts->columns()) {
      about["contexts"][column.name] = column.values;
    }
  }
  if (const auto& search = model->search; search.clusters) {
    about["search"] = {{"index", "clusters"},
                       {"clusters", search.clusters->clusters()},
                       {"recall@100", search.recall}};
  }
  if (compared) about["compared"] = compared->bundle.name();
  exchange.reply({.body = about.dump()});
}

void Api::model_parameters(Exchange& exchange) {
  const auto model = service_.models().current();
  const auto text = main_parameters(*model, service_.options(), service_.policy());
  exchange.reply({.body = Json{{"model", model->bundle.name()},
                               {"parameters", text.parameters},
                               {"not_used", text.unused},
                               {"choices", text.choices}}
                              .dump()});
}

void Api::metrics(Exchange& exchange) {
  Gauges gauges = service_.gauges();
  gauges.connections = connections_();
  exchange.reply({.body = service_.metrics().text(gauges),
                  .content_type = "text/plain; version=0.0.4; charset=utf-8"});
}

void Api::asset(Exchange& exchange) {
  const Asset* asset = find_asset(exchange.request.path);
  if (asset == nullptr)
    return exchange.reply(error_response(404, "there is nothing at this address"));
  exchange.reply(
      {.body = std::string(asset->bytes),
       .content_type = asset->type,
       .fields = {{"Content-Security-Policy",
                   "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
                   "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
                  {"X-Content-Type-Options", "nosniff"},
                  {"Referrer-Policy", "no-referrer"},
                  {"Cache-Control", "no-cache"}}});
}

}  // namespace marquee::serving
