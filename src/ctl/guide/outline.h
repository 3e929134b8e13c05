#pragma once

#include <string>
#include <vector>

namespace pai::ctl::guide {

// The verbs of paictl with their arguments, as the grammar has them: what completion, manual pages and the reference page are made from.

/// What stands for a value, and so how it is completed.
enum class Kind { kText, kFile, kFolder };

struct Argument {
  std::string name;  ///< "TASK.json"
  std::string help;
  Kind kind = Kind::kText;
  std::vector<std::string> choices;
  bool required = false;
  bool many = false;  ///< one or more
};

struct Flag {
  std::string long_name;   ///< "--output"
  std::string short_name;  ///< "-o", or empty
  std::string value;       ///< "FILE"; empty: it takes none
  std::string help;
  std::string environment;  ///< the variable that may stand for it, or empty
  Kind kind = Kind::kText;
  std::vector<std::string> choices;
  bool required = false;
  bool common = false;  ///< one of those that every verb has which calls a master, or --help or --output
};

struct Command {
  std::string path;     ///< "paictl task run"
  std::string help;     ///< one sentence
  std::string example;  ///< lines, commands most of them
  std::vector<Argument> arguments;
  std::vector<Flag> flags;
  std::vector<Command> commands;  ///< of a group: its verbs

  /// "run"
  std::string name() const { return path.substr(path.rfind(' ') + 1); }
};

/// The first command, those below it, and so on.
template <class Visit>
void for_each(const Command& command, const Visit& visit) {
  visit(command);
  for (const auto& below : command.commands) for_each(below, visit);
}

/// The words of one command line after its path: "[--ca FILE] TASK.json".
std::string synopsis(const Command& command);

/// A script that bash sources.
std::string bash_completion(const Command& program);
/// A file `_paictl` for a folder of zsh's $fpath.
std::string zsh_completion(const Command& program);

/// The manual page of the program, or of one of its first words (`command` is the program's own or one of its commands), in man(7).
std::string man_page(const Command& program, const Command& command, const std::string& version);
/// Its name without the section: "paictl", "paictl-task".
std::string man_name(const Command& command);

/// Every verb with its flags and an example, for docs/paictl.md.
std::string markdown(const Command& program);

}  // namespace pai::ctl::guide
