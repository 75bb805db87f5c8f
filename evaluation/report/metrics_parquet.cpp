#include "evaluation/report/metrics_parquet.h"

#include <utility>

#include "data/parquet/parquet_output.h"

namespace marquee::evaluation {

namespace {

// Which numbers a row has.
struct Label {
  std::string protocol, metric, slice, part;
  int64_t n = data::kNoWhole;
};

class Rows {
 public:
  explicit Rows(const Report& report) : report_(report) {
    for (const BundleResult& bundle : report.bundles) {
      for (const Metric& metric : bundle.metrics) {
        add(bundle, {metric.protocol, metric.name, "", ""}, metric.interval);
      }
      for (const SliceKind& kind : bundle.slices) {
        for (const Slice& slice : kind.slices) {
          if (slice.n == 0) continue;
          add(bundle, {"full_rank", "hr@10", kind.id, slice.name, slice.n}, slice.hr);
          add(bundle, {"full_rank", "ndcg@10", kind.id, slice.name, slice.n}, slice.ndcg);
        }
      }
    }
  }

  data::ParquetRows take() && {
    return {{"dataset", std::move(datasets_)},   {"bundle", std::move(bundles_)},
            {"model", std::move(models_)},       {"sha256", std::move(ids_)},
            {"protocol", std::move(protocols_)}, {"metric", std::move(metrics_)},
            {"slice", std::move(slices_)},       {"part", std::move(parts_)},
            {"n", std::move(counts_)},           {"value", std::move(values_)},
            {"low", std::move(lows_)},           {"high", std::move(highs_)}};
  }

 private:
  void add(const BundleResult& bundle, const Label& label, const Interval& interval) {
    datasets_.push_back(report_.dataset.name);
    bundles_.push_back(bundle.name);
    models_.push_back(bundle.model);
    ids_.push_back(bundle.sha256);
    protocols_.push_back(label.protocol);
    metrics_.push_back(label.metric);
    slices_.push_back(label.slice);
    parts_.push_back(label.part);
    counts_.push_back(label.n);
    values_.push_back(interval.value);
    lows_.push_back(interval.low);
    highs_.push_back(interval.high);
  }

  const Report& report_;
  std::vector<std::string> datasets_, bundles_, models_, ids_, protocols_, metrics_, slices_,
      parts_;
  std::vector<int64_t> counts_;
  std::vector<double> values_, lows_, highs_;
};

}  // namespace

void write_metrics_parquet(const Report& report, const std::filesystem::path& file) {
  data::ParquetOutput output(file, Rows(Report()).take());
  output.write(Rows(report).take());
  output.close();
}

}  // namespace marquee::evaluation
