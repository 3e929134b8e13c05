#include "ctl/guide/outline.h"

namespace pai::ctl::guide {
namespace {

std::string cell(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '|') out += '\\';
    out += c;
  }
  return out;
}

std::string row(const std::string& what, std::string meaning, bool required) {
  if (required) meaning += ". Required";
  return "| `" + what + "` | " + cell(meaning) + " |\n";
}

std::string verb_of(const Command& verb, const std::string& heading) {
  std::string text = heading + " " + verb.path + "\n\n" + verb.help + ".\n\n```sh\n" + verb.example + "\n```\n\n| | |\n| --- | --- |\n";
  bool calls = false;
  for (const auto& argument : verb.arguments) text += row(argument.name, argument.help, argument.required);
  for (const auto& flag : verb.flags) {
    if (flag.common) {
      calls = calls || flag.long_name == "--master";
      continue;
    }
    std::string what = flag.short_name.empty() ? flag.long_name : flag.short_name + ", " + flag.long_name;
    if (!flag.value.empty()) what += " " + flag.value;
    text += row(what, flag.help + (flag.environment.empty() ? "" : " (`" + flag.environment + "`)"), flag.required);
  }
  if (calls) text += "| `--master`, `--ca`, `--cert`, `--key`, `--token-file` | [where the master is](#where-the-master-is) |\n";
  return text + "\n";
}

}  // namespace

std::string markdown(const Command& program) {
  std::string text;
  for (const auto& command : program.commands) {
    if (command.commands.empty()) {
      text += verb_of(command, "##");
      continue;
    }
    text += "## " + command.path + "\n\n" + command.help + ".\n\n";
    for (const auto& verb : command.commands) text += verb_of(verb, "###");
  }
  return text;
}

}  // namespace pai::ctl::guide
