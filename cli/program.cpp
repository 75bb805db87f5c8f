#include "cli/program.h"

#include <exception>
#include <filesystem>
#include <iostream>

#include "cli/commands.h"
#include "core/error.h"
#include "core/interrupt.h"
#include "core/log.h"
#include "core/progress.h"
#include "core/text.h"
#include "core/threads.h"
#include "core/version.h"

namespace marquee::cli {

namespace {

struct GlobalOptions {
  bool quiet = false;
  std::string log_level = "info";
  std::string log_format = "text";
  int threads = 0;
};

void add_global_options(CLI::App& app, GlobalOptions& options) {
  app.add_flag("-q,--quiet", options.quiet, "no progress, only warnings and errors");
  app.add_option("--log-level", options.log_level, "debug, info, warn, error or off")
      ->capture_default_str();
  app.add_option("--log-format", options.log_format, "text or json (a line each, on stderr)")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  app.add_option("--threads", options.threads, "threads to use; default: all usable processors")
      ->check(CLI::Range(1, 1024));
}

bool json_log = false;

void apply(const GlobalOptions& options) {
  json_log = options.log_format == "json";
  const auto level = options.quiet ? log::Level::kWarn : log::parse_level(options.log_level);
  log::configure(level, json_log ? log::Format::kJson : log::Format::kText);
  Progress::set_quiet(options.quiet || json_log || level > log::Level::kInfo);
  if (options.threads > 0) set_thread_count(options.threads);
}

// Reports an error in the format of the log: text, or a JSON line.
int fail(const std::string& message, int exit_code) {
  if (json_log) {
    log::error(message);
  } else {
    std::cerr << "marquee: " << printable(message, LineEnds::kKept) << "\n";
  }
  return exit_code;
}

// A mistyped command leaves none. Whether there is one.
bool name_unknown_command(const CLI::App& app) {
  std::vector<std::string> known;
  for (const auto* command : app.get_subcommands({})) known.push_back(command->get_name());
  for (const auto& word : app.remaining()) {
    if (word.starts_with('-')) continue;
    const std::string near = nearest_name(word, known);
    std::cerr << in_quotes(word) << " is no command of " << app.get_name()
              << (near.empty() ? "; there are " + join(known, ", ")
                               : "; did you mean " + near + "?")
              << "\nRun with --help for more information.\n";
    return true;  // what follows belongs to it
  }
  return false;
}

// A mistyped option leaves the right one missing, and the parser reports only that.
void name_unexpected(const CLI::App& app, const CLI::App& command) {
  std::vector<std::string> known;
  for (const auto* option : command.get_options()) known.push_back(option->get_name());
  for (const auto& word : app.remaining(/*recurse=*/true)) {
    const std::string near = nearest_name(word, known);
    std::cerr << in_quotes(word) << " is no option or value of `marquee " << command.get_name()
              << "`" << (near.empty() ? "" : "; did you mean " + near + "?") << "\n";
  }
}

int misused(const CLI::App& app, const CLI::ParseError& error) {
  if (dynamic_cast<const CLI::RequiredError*>(&error) != nullptr) {
    const auto chosen = app.get_subcommands();
    if (chosen.empty() && name_unknown_command(app)) return 2;
    if (!chosen.empty()) name_unexpected(app, *chosen.front());
  }
  app.exit(error, std::cout, std::cerr);
  return 2;
}

int run(const Program& program, int argc, char** argv) {
  CLI::App app(program.description, program.name);
  app.set_version_flag("--version", cat("marquee ", kVersion, " (", kCommit, ")"));
  app.require_subcommand(1);
  GlobalOptions options;
  add_global_options(app, options);
  app.parse_complete_callback([&] { apply(options); });
  for (const auto add : program.commands) add(app);
  try {
    app.parse(argc, argv);
    return 0;
  } catch (const CLI::Success& e) {
    return app.exit(e);
  } catch (const CLI::ParseError& e) {
    return misused(app, e);
  }
}

}  // namespace

int run_and_report(const Program& program, int argc, char** argv) {
  std::ios::sync_with_stdio(false);
  install_interrupt_handlers();
  set_arguments(argv);
  try {
    return run(program, argc, argv);
  } catch (const Exit& exit) {
    return exit.code;
  } catch (const Error& e) {
    return fail(e.what(), e.exit_code());
  } catch (const Interrupted& e) {
    return fail(e.what(), 1);
  } catch (const std::filesystem::filesystem_error& e) {
    return fail(cat("cannot read or write ", e.path1().string(), ": ", e.code().message()), 1);
  } catch (const std::bad_alloc&) {
    return fail("out of memory; see `marquee doctor` for what this machine has", 1);
  } catch (const std::exception& e) {
    return fail(cat("internal error, please report it: ", e.what()), 1);
  }
}

}  // namespace marquee::cli
