#include "cli/commands.h"
#include "cli/tensor_runs.h"

namespace marquee::cli {

void add_predict(CLI::App& app) {
  auto& command = add_command(
      app, "predict", "Predict the ratings that members would give (models that predict ratings)",
      {"marquee predict --bundle out/bundle --requests requests.jsonl",
       "echo '{\"history\":[\"1\"],\"titles\":[\"318\"]}' | marquee predict --bundle out/bundle "
       "--requests -"});
  const auto bundle = std::make_shared<std::string>();
  const auto requests = std::make_shared<std::string>();
  command.add_option("--bundle", *bundle, "bundle folder")->required();
  command.add_option("--requests", *requests, "JSON lines; - is stdin")->required();
  command.callback([bundle, requests] { run_predict(*bundle, *requests); });
}

}  // namespace marquee::cli
