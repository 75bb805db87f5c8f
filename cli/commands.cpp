#include "cli/commands.h"

#include <charconv>

#include "core/installed.h"
#include "core/log.h"
#include "core/signature.h"
#include "core/text.h"
#include "inference/request.h"

namespace marquee::cli {

namespace {
std::string shell_word(const std::string& text) {
  const char* plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+=@:,%";
  if (!text.empty() && text.find_first_not_of(plain) == std::string::npos) return text;
  std::string word = "'";
  for (const char c : text) word += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return word + "'";
}

char* const* the_arguments = nullptr;

}  // namespace

char* const* arguments() { return the_arguments; }

void set_arguments(char* const* argv) { the_arguments = argv; }

std::string command_line() {
  std::string line = "marquee";
  for (char* const* word = the_arguments + 1; *word != nullptr; ++word) {
    line += " " + shell_word(*word);
  }
  return line;
}

CLI::App& add_command(CLI::App& app, const std::string& name, const std::string& description,
                      const std::vector<std::string>& examples) {
  CLI::App& command = *app.add_subcommand(name, description);
  command.fallthrough();
  std::string footer = "Examples:";
  for (const auto& example : examples) footer += "\n  " + example;
  footer += "\nEvery command also takes what `marquee --help` lists: --quiet, --log-level, ...";
  command.footer(footer);
  return command;
}

CLI::Validator titles_wanted() {
  const auto check = [](const std::string& text) -> std::string {
    int value = 0;
    const char* end = text.data() + text.size();
    const auto [stopped, code] = std::from_chars(text.data(), end, value);
    const bool fine = code == std::errc() && stopped == end && value >= 1 &&
                      value <= inference::kMaxTitlesAnswered;
    return fine ? ""
                : cat("must be a whole number from 1 to ", inference::kMaxTitlesAnswered, ", not ",
                      in_quotes(text));
  };
  return CLI::Validator(check, "");
}

CLI::Validator number_between(double low, double high) {
  const auto check = [low, high](const std::string& text) -> std::string {
    double value = 0;
    const char* end = text.data() + text.size();
    const auto [stopped, code] = std::from_chars(text.data(), end, value);
    const bool fine = code == std::errc() && stopped == end && value >= low && value <= high;
    return fine ? ""
                : cat("must be a number from ", general(low), " to ", general(high), ", not ",
                      in_quotes(text));
  };
  return CLI::Validator(check, "");
}

std::filesystem::path found_config_file(const std::filesystem::path& named) {
  std::error_code unreadable;
  if (named.is_absolute() || std::filesystem::exists(named, unreadable)) return named;
  return shared_file(named).value_or(named);
}

std::filesystem::path config_file(const std::filesystem::path& named) {
  const auto found = found_config_file(named);
  if (found != named) log::info(cat("configuration: ", found.string()));
  return found;
}

void add_trusted_keys(CLI::App& command, std::filesystem::path& file) {
  command.add_option(
      "--trusted-keys", file,
      "file of public keys (PEM, Ed25519): accept only bundles that one of them signed; "
      "default: any");
}

std::shared_ptr<const TrustedKeys> trusted_keys(const std::filesystem::path& file) {
  return file.empty() ? nullptr : std::make_shared<const TrustedKeys>(file);
}

std::vector<std::string> comma_separated(const std::string& text) {
  std::vector<std::string> parts;
  for (const auto& part : split(text, ',')) parts.emplace_back(trim(part));
  return parts;
}

}  // namespace marquee::cli
