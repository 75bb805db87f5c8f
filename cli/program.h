// What the programs share: global options, and how errors become messages and exit codes.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace marquee::cli {

struct Program {
  std::string name;
  std::string description;
  std::vector<void (*)(CLI::App&)> commands;
};

// Runs the command that the arguments name and returns the program's exit code.
int run_and_report(const Program& program, int argc, char** argv);

}  // namespace marquee::cli
