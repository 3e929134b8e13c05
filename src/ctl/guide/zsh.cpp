#include <algorithm>

#include "ctl/guide/outline.h"

namespace pai::ctl::guide {
namespace {

/// For single quotes; `special` characters get a backslash, since the completion functions read them.
std::string quoted(const std::string& text, std::string_view special) {
  std::string out;
  for (const char c : text) {
    if (c == '\'') {
      out += "'\\''";
      continue;
    }
    if (special.find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

std::string action(Kind kind, const std::vector<std::string>& choices) {
  if (!choices.empty()) {
    std::string words;
    for (const auto& choice : choices) words += (words.empty() ? "" : " ") + choice;
    return "(" + words + ")";
  }
  if (kind == Kind::kFile) return "_files";
  if (kind == Kind::kFolder) return "_files -/";
  return " ";
}

std::string spec(const Flag& flag) {
  const std::string rest = "[" + quoted(flag.help, "[]\\") + "]" +
                           (flag.value.empty() ? "" : ":" + quoted(flag.value, ":\\") + ":" + action(flag.kind, flag.choices));
  const bool again = flag.help.find("may stand often") != std::string::npos;
  if (flag.short_name.empty()) return "'" + std::string(again ? "*" : "") + flag.long_name + rest + "'";
  return "'(" + flag.short_name + " " + flag.long_name + ")'{" + flag.short_name + "," + flag.long_name + "}'" + rest + "'";
}

std::string spec(const Argument& argument) {
  return "'" + std::string(argument.many ? "*" : argument.required ? "" : ":") + ":" + quoted(argument.name, ":\\") + ":" +
         action(argument.kind, argument.choices) + "'";
}

std::string function_of(const Command& command) {
  std::string name = "_" + command.path;
  std::replace(name.begin(), name.end(), ' ', '_');
  return name;
}

std::string body_of(const Command& command) {
  std::string text = function_of(command) + "() {\n";
  if (command.commands.empty()) {
    text += "  _arguments -s";
    for (const auto& flag : command.flags) text += " \\\n    " + spec(flag);
    for (const auto& argument : command.arguments) text += " \\\n    " + spec(argument);
    return text + "\n}\n\n";
  }
  text += "  local state line\n  local -a verbs\n  _arguments -C";
  for (const auto& flag : command.flags) text += " \\\n    " + spec(flag);
  text += " \\\n    '1:verb:->verb' '*::argument:->rest'\n  case $state in\n    verb)\n      verbs=(\n";
  for (const auto& below : command.commands) text += "        '" + quoted(below.name(), ":\\") + ":" + quoted(below.help, "\\") + "'\n";
  text += "      )\n      _describe verb verbs\n      ;;\n    rest)\n      case $line[1] in\n";
  for (const auto& below : command.commands) text += "        " + below.name() + ") " + function_of(below) + " ;;\n";
  return text + "      esac\n      ;;\n  esac\n}\n\n";
}

}  // namespace

std::string zsh_completion(const Command& program) {
  std::string text = "#compdef paictl\n# zsh completion for paictl, made by `paictl completion zsh` from its own grammar.\n\n";
  for_each(program, [&](const Command& command) { text += body_of(command); });
  return text + "_paictl \"$@\"\n";
}

}  // namespace pai::ctl::guide
