// marquee-serve: the program without training, for container images. `marquee-serve --bundle B` is
// `marquee serve --bundle B`.
#include <algorithm>
#include <iterator>
#include <string_view>
#include <vector>

#include "cli/commands.h"
#include "cli/program.h"

int main(int argc, char** argv) {
  using namespace marquee::cli;
  constexpr std::string_view kWords[] = {"serve", "check", "health", "completion", "--version"};
  static char serve[] = "serve";
  std::vector<char*> words(argv, argv + argc + 1);  // with the null at the end
  if (argc < 2 || std::find(std::begin(kWords), std::end(kWords), argv[1]) == std::end(kWords)) {
    words.insert(words.begin() + 1, serve);
  }
  return run_and_report({.name = "marquee-serve",
                         .description = "Marquee's server alone.",
                         .commands = {add_serve, add_check, add_health,
                                      [](CLI::App& app) { add_completion(app, "serve"); }}},
                        static_cast<int>(words.size()) - 1, words.data());
}
