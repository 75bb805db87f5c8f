#include <algorithm>
#include <iostream>
#include <vector>

#include "cli/commands.h"
#include "core/text.h"

namespace marquee::cli {

namespace {

struct Option {
  std::vector<std::string> short_names, long_names;  // without dashes
  std::string description;                           // one line
  bool takes_value = false;
  bool repeats = false;
  bool number = false;
  std::vector<std::string> choices;  // of its value; empty: anything, often a file

  std::vector<std::string> words() const {  // "-k", "--titles"; none: a word without a dash
    std::vector<std::string> all;
    for (const auto& name : short_names) all.push_back("-" + name);
    for (const auto& name : long_names) all.push_back("--" + name);
    return all;
  }
};

struct Command {
  std::string name, description;
  std::vector<Option> options;
};

struct Grammar {
  std::string program;
  std::vector<Option> options;  // before or after any subcommand
  std::vector<Command> commands;
};

std::string one_line(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

// "TEXT:{json,text}" → {"json", "text"}.
std::vector<std::string> choices_of(const std::string& type) {
  const size_t begin = type.find('{'), end = type.find('}');
  if (begin == std::string::npos || end == std::string::npos) return {};
  std::vector<std::string> choices;
  for (const auto& word : split(type.substr(begin + 1, end - begin - 1), ',')) {
    choices.emplace_back(trim(word));
  }
  return choices;
}

std::vector<Option> options_of(const CLI::App& app) {
  std::vector<Option> options;
  for (const auto* option : app.get_options({})) {
    const std::string type = option->get_type_name();
    options.push_back(
        {option->get_snames(), option->get_lnames(), one_line(option->get_description()),
         option->get_items_expected_max() > 0, option->get_items_expected_max() > 1,
         type.starts_with("INT") || type.starts_with("UINT") || type.starts_with("FLOAT"),
         choices_of(type)});
  }
  return options;
}

Grammar grammar_of(const CLI::App& app, std::string_view default_command) {
  Grammar grammar{app.get_name(), options_of(app), {}};
  for (const auto* command : app.get_subcommands({})) {
    grammar.commands.push_back(
        {command->get_name(), one_line(command->get_description()), options_of(*command)});
    if (command->get_name() != default_command) continue;
    for (const auto& option : grammar.commands.back().options) {
      if (option.words() != std::vector<std::string>{"-h", "--help"}) {
        grammar.options.push_back(option);
      }
    }
  }
  return grammar;
}

std::vector<std::string> words_of(const std::vector<Option>& options) {
  std::vector<std::string> all;
  for (const auto& option : options) {
    for (const auto& word : option.words()) all.push_back(word);
  }
  return all;
}

std::vector<std::string> names_of(const std::vector<Command>& commands) {
  std::vector<std::string> names;
  for (const auto& command : commands) names.push_back(command.name);
  return names;
}

// `text` with a backslash before each of `special`.
std::string escaped(const std::string& text, std::string_view special) {
  std::string out;
  for (const char c : text) {
    if (special.find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

// In single quotes, as bash, zsh and fish all read them.
std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

// Lines of a case over "COMMAND OPTION": what can be the option's value.
std::string bash_values(const std::string& command, const std::vector<Option>& options) {
  std::string lines;
  for (const auto& option : options) {
    if (!option.takes_value || option.words().empty()) continue;
    std::vector<std::string> patterns;
    for (const auto& word : option.words()) patterns.push_back(cat("'", command, " ", word, "'"));
    // No reply: bash goes on with names of files, which is right for any other value.
    const std::string reply =
        option.choices.empty() ? std::string("return")
                               : cat("COMPREPLY=($(compgen -W ", quoted(join(option.choices, " ")),
                                     " -- \"$word\")); return");
    lines += cat("    ", join(patterns, " | "), ") ", reply, " ;;\n");
  }
  return lines;
}

std::string bash(const Grammar& grammar) {
  std::string values, options, arguments, function = "_" + grammar.program;
  std::replace(function.begin(), function.end(), '-', '_');
  const auto names = names_of(grammar.commands);
  for (const auto& command : grammar.commands) {
    values += bash_values(command.name, command.options);
    values += bash_values(command.name, grammar.options);
    options += cat("    ", command.name, ") options+=", "' ", join(words_of(command.options), " "),
                   "' ;;\n");
    for (const auto& option : command.options) {
      if (!option.words().empty() || option.choices.empty()) continue;
      arguments +=
          cat("  elif [[ $command == ", command.name, " ]]; then\n", "    COMPREPLY=($(compgen -W ",
              quoted(join(option.choices, " ")), " -- \"$word\"))\n");
    }
  }
  return cat("# bash completion for ", grammar.program, "\n", function, "() {\n",
             "  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} "
             "command='' i\n",
             "  for ((i = 1; i < COMP_CWORD; ++i)); do\n", "    case ${COMP_WORDS[i]} in\n",
             "      ", join(names, " | "), ") command=${COMP_WORDS[i]}; break ;;\n", "    esac\n",
             "  done\n", "  COMPREPLY=()\n", "  case \"$command $before\" in\n", values,
             bash_values("", grammar.options), "  esac\n",
             "  local options=", quoted(join(words_of(grammar.options), " ")), "\n",
             "  case $command in\n", options, "  esac\n",
             "  if [[ $word == -* ]]; then\n    COMPREPLY=($(compgen -W \"$options\" -- "
             "\"$word\"))\n",
             "  elif [[ -z $command ]]; then\n    COMPREPLY=($(compgen -W ",
             quoted(join(names, " ")), " -- \"$word\"))\n", arguments, "  fi\n}\n",
             "complete -o default -F ", function, " ", grammar.program, "\n");
}

// Arguments of zsh's _arguments: '(-q --quiet)'{-q,--quiet}'[help]'.
std::string zsh_options(const std::vector<Option>& options) {
  std::string specs;
  for (const auto& option : options) {
    std::string value;
    if (option.takes_value) {
      const std::string action = !option.choices.empty() ? cat("(", join(option.choices, " "), ")")
                                 : option.number         ? std::string(" ")
                                                         : std::string("_files");
      value = ":value:" + action;
    }
    const std::string help = "[" + escaped(option.description, "[]:\\") + "]";
    const auto words = option.words();
    if (words.empty()) specs += cat(" \\\n        ", quoted("*" + value));
    for (const auto& word : words) {
      const std::string others = option.repeats ? "*" : cat("(", join(words, " "), ")");
      const char* sign = !option.takes_value ? "" : word.starts_with("--") ? "=" : "+";
      specs += cat(" \\\n        ", quoted(cat(others, word, sign, help, value)));
    }
  }
  return specs;
}

std::string zsh(const Grammar& grammar) {
  std::string commands, cases;
  for (const auto& command : grammar.commands) {
    commands +=
        cat("    ", quoted(cat(command.name, ":", escaped(command.description, ":\\"))), "\n");
    cases += cat("      ", command.name, ") _arguments -s", zsh_options(command.options),
                 zsh_options(grammar.options), " ;;\n");
  }
  return cat("#compdef ", grammar.program, "\nlocal curcontext=$curcontext state line\n",
             "local -a commands\ncommands=(\n", commands, ")\n_arguments -C -s",
             zsh_options(grammar.options), " \\\n        '1:command:->command' ",
             "'*::argument:->arguments'\n", "case $state in\n",
             "  command) _describe -t commands command commands ;;\n", "  arguments)\n",
             "    case $line[1] in\n", cases, "    esac ;;\nesac\n");
}

// One `complete` command; `condition`: when the option is offered.
std::string fish_option(const std::string& program, const std::string& condition,
                        const Option& option) {
  std::string line = cat("complete -c ", program);
  if (!condition.empty()) line += " -n " + quoted(condition);
  const bool has_name = !option.words().empty();
  for (const auto& name : option.short_names) line += " -s " + name;
  for (const auto& name : option.long_names) line += " -l " + name;
  if (!option.choices.empty()) {
    line += (has_name ? " -x -a " : " -a ") + quoted(join(option.choices, " "));
  } else if (!has_name) {
    return line + " -F\n";
  } else if (option.takes_value) {
    line += option.number ? " -x" : " -r -F";
  }
  return line + " -d " + quoted(option.description) + "\n";
}

std::string fish(const Grammar& grammar) {
  const std::string& program = grammar.program;
  const std::string none =
      "not __fish_seen_subcommand_from " + join(names_of(grammar.commands), " ");
  std::string script = cat("# fish completion for ", program, "\ncomplete -c ", program, " -f\n");
  for (const auto& option : grammar.options) script += fish_option(program, "", option);
  for (const auto& command : grammar.commands) {
    script += cat("complete -c ", program, " -n ", quoted(none), " -a ", command.name, " -d ",
                  quoted(command.description), "\n");
    for (const auto& option : command.options) {
      script += fish_option(program, "__fish_seen_subcommand_from " + command.name, option);
    }
  }
  return script;
}

}  // namespace

void add_completion(CLI::App& app, std::string_view default_command) {
  const std::string name = app.get_name();
  auto& command =
      add_command(app, "completion", "Print what bash, zsh or fish load to complete command lines",
                  {"source <(" + name + " completion bash)",
                   name + " completion fish > ~/.config/fish/completions/" + name + ".fish"});
  const auto shell = std::make_shared<std::string>();
  command.add_option("shell", *shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  command.callback([&app, shell, default_command = std::string(default_command)] {
    const Grammar grammar = grammar_of(app, default_command);
    std::cout << (*shell == "bash"  ? bash(grammar)
                  : *shell == "zsh" ? zsh(grammar)
                                    : fish(grammar));
  });
}

}  // namespace marquee::cli
