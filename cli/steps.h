// Commands that other commands are made of, run as a user would.
#pragma once

#include <string>
#include <vector>

namespace marquee::cli {

// Prints the given words and runs this program with them. Throws Error if that fails.
void run_step(const std::vector<std::string>& words);

}  // namespace marquee::cli
