#include "ctl/guide/outline.h"

namespace pai::ctl::guide {
namespace {

std::string words_of(const Command& command) {
  std::string words;
  const auto add = [&](const std::string& word) {
    if (!word.empty()) words += (words.empty() ? "" : " ") + word;
  };
  for (const auto& below : command.commands) add(below.name());
  for (const auto& flag : command.flags) {
    add(flag.long_name);
    add(flag.short_name);
  }
  return words;
}

std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  for (const auto& part : parts) text += (text.empty() ? "" : " ") + part;
  return text;
}

/// What completes a value, as a call of one of the functions in the script's head.
std::string completer(Kind kind, const std::vector<std::string>& choices) {
  if (!choices.empty()) return "_paictl_words '" + joined(choices) + "'";
  if (kind == Kind::kFile) return "_paictl_paths -f";
  if (kind == Kind::kFolder) return "_paictl_paths -d";
  return ":";
}

/// The flags that take a value, by what completes it.
std::string values_of(const Command& command) {
  std::string text;
  for (const auto& flag : command.flags) {
    if (flag.value.empty()) continue;
    const std::string names = flag.short_name.empty() ? flag.long_name : flag.short_name + "|" + flag.long_name;
    text += "        " + names + ") " + completer(flag.kind, flag.choices) + "; return ;;\n";
  }
  return text.empty() ? "" : "      case $before in\n" + text + "      esac\n";
}

std::string arguments_of(const Command& command) {
  if (command.arguments.empty()) return "";
  const auto& first = command.arguments.front();
  const std::string call = completer(first.kind, first.choices);
  return call == ":" ? "" : "      [[ $current == -* ]] || { " + call + "; return; }\n";
}

constexpr const char* kHead = R"sh(# bash completion for paictl, made by `paictl completion bash` from its own grammar.

_paictl_words() { mapfile -t COMPREPLY < <(compgen -W "$1" -- "$current"); }
_paictl_paths() {
  mapfile -t COMPREPLY < <(compgen "$1" -- "$current")
  compopt -o filenames 2>/dev/null
}

_paictl() {
  local current=${COMP_WORDS[COMP_CWORD]} before= path=paictl at
  ((COMP_CWORD > 0)) && before=${COMP_WORDS[COMP_CWORD - 1]}
  # bash takes --flag=value apart.
  if [[ $current == = ]]; then
    current=
  elif [[ $before == = ]] && ((COMP_CWORD > 1)); then
    before=${COMP_WORDS[COMP_CWORD - 2]}
  fi
  COMPREPLY=()
  for ((at = 1; at < COMP_CWORD; ++at)); do
    case "$path ${COMP_WORDS[at]}" in
)sh";

}  // namespace

std::string bash_completion(const Command& program) {
  std::string paths, cases;
  for_each(program, [&](const Command& command) {
    if (&command != &program) paths += (paths.empty() ? "      " : " | \\\n      ") + ("\"" + command.path + "\"");
    cases += "    \"" + command.path + "\")\n" + values_of(command) + arguments_of(command) + "      _paictl_words '" + words_of(command) + "'\n      ;;\n";
  });
  return kHead + paths + ") path=\"$path ${COMP_WORDS[at]}\" ;;\n    esac\n  done\n  case $path in\n" + cases + "  esac\n}\n\ncomplete -F _paictl paictl\n";
}

}  // namespace pai::ctl::guide
