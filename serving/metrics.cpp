#include "serving/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <map>

#include "core/version.h"

namespace marquee::serving {

namespace {

using prometheus::Histogram;

const Histogram::BucketBoundaries kSeconds = {.0005, .001, .002, .003, .005, .0075, .01, .015, .02,
                                              .03,   .05,  .075, .1,   .2,   .5,    1,   2,    5};
const Histogram::BucketBoundaries kBatches = {1, 2, 4, 8, 16, 32, 64, 128, 256};

using Labels = std::map<std::string, std::string>;

// What all metrics of one of several services have.
Labels labels_of(const std::string& tenant) {
  return tenant.empty() ? Labels() : Labels{{"tenant", tenant}};
}

}  // namespace

struct Metrics::State {
  explicit State(const std::string& tenant) : labels(labels_of(tenant)) {}

  prometheus::Family<prometheus::Counter>& counters(const char* name, const char* help) {
    return prometheus::BuildCounter().Name(name).Help(help).Labels(labels).Register(registry);
  }
  prometheus::Family<Histogram>& histograms(const char* name, const char* help) {
    return prometheus::BuildHistogram().Name(name).Help(help).Labels(labels).Register(registry);
  }

  const Labels labels;
  prometheus::Registry registry;
  prometheus::Family<prometheus::Counter>& requests =
      counters("marquee_requests_total", "Answers by route and status");
  prometheus::Family<Histogram>& request_seconds =
      histograms("marquee_request_seconds", "From a request's first byte to its answer, by route");
  prometheus::Family<Histogram>& stage_seconds = histograms(
      "marquee_stage_seconds", "Stages of an answer: wait (in the queue), model (of the batch)");
  Histogram& batch_size =
      histograms("marquee_batch_size", "Requests answered in one pass").Add({}, kBatches);
  prometheus::Family<prometheus::Counter>& shed =
      counters("marquee_shed_total", "Requests refused for lack of capacity");
  prometheus::Counter& degraded =
      counters("marquee_degraded_total", "Answers that were the most popular titles").Add({});
  prometheus::Family<prometheus::Counter>& reloads =
      counters("marquee_reloads_total", "Models loaded, by result");
};

Metrics::Metrics(const std::string& tenant) : state_(std::make_unique<State>(tenant)) {}
Metrics::~Metrics() = default;

void Metrics::answered(std::string_view route, int status, double seconds) {
  const std::string name(route);
  state_->requests.Add({{"route", name}, {"status", std::to_string(status)}}).Increment();
  state_->request_seconds.Add({{"route", name}}, kSeconds).Observe(seconds);
}

void Metrics::stage(std::string_view name, double seconds) {
  state_->stage_seconds.Add({{"stage", std::string(name)}}, kSeconds).Observe(seconds);
}

void Metrics::batch(size_t jobs) { state_->batch_size.Observe(static_cast<double>(jobs)); }

void Metrics::shed(std::string_view reason) {
  state_->shed.Add({{"reason", std::string(reason)}}).Increment();
}

void Metrics::degraded() { state_->degraded.Increment(); }

void Metrics::reloaded(bool served) {
  state_->reloads.Add({{"result", served ? "served" : "refused"}}).Increment();
}

std::string Metrics::text(const Gauges& gauges) const {
  prometheus::Registry now;
  const auto gauge = [&](const char* name, const char* help, double value,
                         const Labels& labels = {}) {
    auto builder = prometheus::BuildGauge();
    builder.Name(name).Help(help).Labels(state_->labels).Register(now).Add(labels).Set(value);
  };
  gauge("marquee_queue_depth", "Requests that wait for a worker", gauges.queue_depth);
  gauge("marquee_connections", "Open connections", gauges.connections);
  gauge("marquee_users_cached", "Histories in memory", gauges.users_cached);
  const auto counter = [&](const char* name, const char* help, double value) {
    auto builder = prometheus::BuildCounter();
    builder.Name(name).Help(help).Labels(state_->labels).Register(now).Add({}).Increment(value);
  };
  counter("marquee_cache_hits_total", "Histories found in memory", gauges.cache_hits);
  counter("marquee_cache_misses_total", "Histories read from the store", gauges.cache_misses);
  counter("marquee_exposure_lines_total", "Lines of the log of what was shown",
          gauges.feedback_written);
  counter("marquee_exposure_lines_left_out_total", "Lines that could not be written in time",
          gauges.feedback_left_out);
  gauge("marquee_search_recall", "Share of the exact best 100 titles that the search finds",
        gauges.search_recall);
  gauge("marquee_model_info", "The model that answers", 1, {{"model", gauges.model}});
  gauge("marquee_build_info", "This program", 1, {{"version", kVersion}, {"commit", kCommit}});
  const prometheus::TextSerializer serializer;
  return serializer.Serialize(state_->registry.Collect()) + serializer.Serialize(now.Collect());
}

}  // namespace marquee::serving
