#include "serving/exposure.h"

namespace marquee::serving {

namespace {

constexpr const char* kFixedPolicy = "fixed";

ExposedRow exposed(const char* row, const std::vector<inference::AnsweredTitle>& items) {
  ExposedRow result{.row = row, .titles = {}, .propensities = {}};
  for (const auto& item : items) result.titles.emplace_back(item.title_id);
  return result;
}

}  // namespace

Exposure exposure_of(const inference::Answer& answer) {
  Exposure exposure;
  exposure.request_id = answer.request_id;
  exposure.bundle = answer.model;
  exposure.policy = kFixedPolicy;
  exposure.degraded = answer.degraded;
  exposure.rows.push_back(exposed("list", answer.items));
  return exposure;
}

Exposure exposure_of(const PageAnswer& page) {
  Exposure exposure;
  exposure.request_id = page.request_id;
  exposure.bundle = page.model;
  exposure.policy = page.policy.empty() ? kFixedPolicy : page.policy;
  exposure.features = page.features;
  exposure.degraded = page.degraded;
  for (const PageRow& row : page.rows) {
    exposure.rows.push_back(exposed(name(row.kind), row.items));
    exposure.rows.back().propensity = row.propensity;
    exposure.rows.back().offered = row.offered;
    exposure.rows.back().propensities = row.propensities;
  }
  return exposure;
}

}  // namespace marquee::serving
