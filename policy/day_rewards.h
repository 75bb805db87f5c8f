// What came of the rows of a log day by day, where members who come back earn rewards on several
// days.
#pragma once

#include <vector>

#include "configs/policy_config.h"
#include "policy/bandit_log.h"
#include "serving/policies/day_traces.h"

namespace marquee::policy {

// [rows][days that are over when the log ends, up to 1 + return_days]: first the row's reward, then
// what each day (UTC) earns on which the member came back. Where return_days is 0, or it is not
// known who saw a row, its reward alone. Throws Error for a log that does not say who saw a page
// and when.
std::vector<std::vector<double>> day_rewards(const BanditLog& log,
                                             const configs::RewardConfig& config);

// How the rewards of the days vary together around what position and features let expect of each
// kind of row. Throws Error where too few rows are known of all days.
serving::DayTraces fitted_traces(const BanditLog& log,
                                 const std::vector<std::vector<double>>& rewards, size_t days);

}  // namespace marquee::policy
