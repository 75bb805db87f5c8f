// The command line: one file per subcommand, which only wires things up. main.cpp lists them.
#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace marquee {
class TrustedKeys;
}

namespace marquee::cli {

void add_synth(CLI::App& app);
void add_ingest(CLI::App& app);
void add_train(CLI::App& app);
void add_tune(CLI::App& app);
void add_export(CLI::App& app);
void add_evaluate(CLI::App& app);
void add_recommend(CLI::App& app);
void add_similar(CLI::App& app);
void add_predict(CLI::App& app);
void add_check(CLI::App& app);
void add_health(CLI::App& app);
void add_serve(CLI::App& app);
void add_sign(CLI::App& app);
void add_ope(CLI::App& app);
void add_experiment(CLI::App& app);
void add_audit(CLI::App& app);
void add_card(CLI::App& app);
void add_forget(CLI::App& app);
void add_export_user(CLI::App& app);
void add_policy(CLI::App& app);
void add_simulate(CLI::App& app);
void add_inspect(CLI::App& app);
void add_doctor(CLI::App& app);
void add_quickstart(CLI::App& app);
void add_reference(CLI::App& app);
// `default_command`: what a command line without a subcommand means; "": nothing.
void add_completion(CLI::App& app, std::string_view default_command = "");

// Ends the program with this code after all output has been written.
struct Exit {
  int code;
};

// A subcommand with its one-line description and the examples that --help ends with.
CLI::App& add_command(CLI::App& app, const std::string& name, const std::string& description,
                      const std::vector<std::string>& examples);

// Refuses a number of titles that no answer can have, naming the bounds.
CLI::Validator titles_wanted();

// Refuses what is no number from `low` to `high`; NaN too, which CLI::Range takes.
CLI::Validator number_between(double low, double high);

// The configuration file that --config names: that file or, where there is none, the one of that
// name that was installed with the program ("configs/two_tower.yaml").
std::filesystem::path found_config_file(const std::filesystem::path& named);
std::filesystem::path config_file(const std::filesystem::path& named);  // and says so in the log

// --trusted-keys FILE, and what the file holds; null: none is given.
void add_trusted_keys(CLI::App& command, std::filesystem::path& file);
std::shared_ptr<const TrustedKeys> trusted_keys(const std::filesystem::path& file);

// The arguments of main, and the command line as a shell takes it: "marquee evaluate --data 'my
// data'".
char* const* arguments();
std::string command_line();
void set_arguments(char* const* argv);  // once, by main

// "a, b,c" or repeated options → {"a", "b", "c"}.
std::vector<std::string> comma_separated(const std::string& text);

}  // namespace marquee::cli
