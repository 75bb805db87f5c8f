#include <iostream>

#include "cli/tensor_runs.h"
#include "core/error.h"
#include "core/text.h"
#include "core/text_table.h"
#include "inference/open_bundle.h"
#include "inference/runner.h"

namespace marquee::cli {

void run_similar(const SimilarArguments& options) {
  const auto opened = inference::open_bundle(options.bundle);
  const inference::Bundle& bundle = *opened;
  if (bundle.titles().find(options.title) == 0) {
    throw Error(cat("--title ", in_quotes(options.title), ": ", bundle.name(),
                    " has no such title; the ids it has are in ",
                    (options.bundle / inference::kTitlesFile).string()));
  }
  const inference::Runner runner(bundle);
  inference::Answer answer;
  answer.model = bundle.name();
  answer.items = runner.similar(options.title, options.k);
  if (options.json) {
    std::cout << to_json(answer) << "\n";
    return;
  }
  const int64_t title = bundle.titles().find(options.title);
  std::cout << "Because you watched " << printable(bundle.titles()[title].name, LineEnds::kEscaped)
            << " (" << bundle.name() << ")\n";
  std::vector<std::vector<std::string>> rows = {{"", "title", "similarity", "id"}};
  for (const auto& item : answer.items) {
    rows.push_back({cat(rows.size()), item.name, fixed(item.score, 3), item.title_id});
  }
  std::cout << text_table(rows);
}

}  // namespace marquee::cli
