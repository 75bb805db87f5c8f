#include "cli/request_lines.h"
#include "cli/tensor_runs.h"
#include "inference/open_bundle.h"
#include "inference/runner.h"

namespace marquee::cli {

void run_predict(const std::string& bundle, const std::string& requests) {
  const auto opened = inference::open_bundle(bundle);
  answer_lines(requests, inference::Runner(*opened), inference::Runner::Task::kPredict);
}

}  // namespace marquee::cli
