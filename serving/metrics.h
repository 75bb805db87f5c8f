// The server's metrics, for Prometheus.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace marquee::serving {

struct Gauges {
  double queue_depth = 0, connections = 0, users_cached = 0;
  double cache_hits = 0, cache_misses = 0;             // since the start
  double feedback_written = 0, feedback_left_out = 0;  // lines since the start
  double search_recall = 1;
  std::string model;
};

class Metrics {
 public:
  // tenant: a label of all; "": none.
  explicit Metrics(const std::string& tenant = "");
  ~Metrics();

  void answered(std::string_view route, int status, double seconds);
  void stage(std::string_view name, double seconds);  // "wait", "model"
  void batch(size_t jobs);
  void shed(std::string_view reason);  // "queue_full", "late"
  void degraded();
  void reloaded(bool served);

  // The text format of Prometheus.
  std::string text(const Gauges& gauges) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace marquee::serving
