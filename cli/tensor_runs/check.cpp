#include <iostream>

#include "cli/commands.h"
#include "cli/tensor_runs.h"
#include "core/json.h"
#include "core/memory.h"
#include "core/text.h"
#include "serving/bundle_check.h"
#include "serving/model_slot.h"

namespace marquee::cli {

void run_check(const CheckArguments& options) {
  serving::ModelOptions loading;
  loading.trusted = trusted_keys(options.trusted_keys);
  serving::limit_this_process();
  const int64_t before = peak_memory();
  const auto model = serving::ServedModel::open(options.bundle, loading, {});
  const int64_t bytes = peak_memory() - before;
  const std::string& name = model->bundle.name();
  if (options.json) {
    std::cout << Json{{"model", name}, {"memory_bytes", bytes}}.dump() << "\n";
  } else {
    std::cout << cat(printable(name, LineEnds::kEscaped), " loads, takes ",
                     human_bytes(static_cast<double>(bytes)),
                     " of memory, and answers as it did when it was made\n");
  }
}

}  // namespace marquee::cli
