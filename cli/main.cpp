#include <exception>
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

void apply(const GlobalOptions& options) {
  const auto level = options.quiet ? log::Level::kWarn : log::parse_level(options.log_level);
  log::configure(level, options.log_format == "json" ? log::Format::kJson : log::Format::kText);
  Progress::set_quiet(options.quiet || options.log_format == "json" || level > log::Level::kInfo);
  if (options.threads > 0) set_thread_count(options.threads);
}

int run(int argc, char** argv) {
  CLI::App app(
      "Marquee: a recommender for streaming catalogues, from events to the titles a member "
      "sees.\nStart with `marquee quickstart`.",
      "marquee");
  app.set_version_flag("--version", cat("marquee ", kVersion));
  app.require_subcommand(1);
  GlobalOptions options;
  add_global_options(app, options);
  app.parse_complete_callback([&] { apply(options); });
  for (const auto add :
       {add_quickstart, add_synth, add_ingest, add_train, add_export, add_evaluate, add_recommend,
        add_similar, add_predict, add_inspect, add_doctor, add_reference}) {
    add(app);
  }
  try {
    app.parse(argc, argv);
    return 0;
  } catch (const CLI::Success& e) {
    return app.exit(e);
  } catch (const CLI::ParseError& e) {
    app.exit(e, std::cout, std::cerr);
    return 2;
  }
}

}  // namespace
}  // namespace marquee::cli

int main(int argc, char** argv) {
  std::ios::sync_with_stdio(false);
  marquee::install_interrupt_handlers();
  try {
    return marquee::cli::run(argc, argv);
  } catch (const marquee::cli::Exit& exit) {
    return exit.code;
  } catch (const marquee::Error& e) {
    std::cerr << "marquee: " << e.what() << "\n";
    return e.exit_code();
  } catch (const marquee::Interrupted& e) {
    std::cerr << "marquee: " << e.what() << "\n";
    return 1;
  } catch (const std::bad_alloc&) {
    std::cerr << "marquee: out of memory; see `marquee doctor` for what this machine has\n";
    return 1;
  } catch (const std::exception& e) {
    std::cerr << "marquee: internal error, please report it: " << e.what() << "\n";
    return 1;
  }
}
