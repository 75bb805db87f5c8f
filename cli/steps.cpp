#include "cli/steps.h"

#include <sys/wait.h>

#include <iostream>

#include "core/error.h"
#include "core/interrupt.h"
#include "core/self_process.h"

namespace marquee::cli {

void run_step(const std::vector<std::string>& words) {
  std::string shown = "marquee";
  for (const auto& word : words) shown += " " + word;
  std::cout << "\n$ " << shown << std::endl;
  SelfProcess step(words, {});
  step.wait();
  throw_if_interrupted();
  if (!WIFEXITED(step.status()) || WEXITSTATUS(step.status()) != 0) {
    throw system_error("stopped at: " + shown);
  }
}

}  // namespace marquee::cli
