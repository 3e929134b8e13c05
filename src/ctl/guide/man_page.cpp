#include <algorithm>
#include <sstream>

#include "ctl/guide/outline.h"

namespace pai::ctl::guide {
namespace {

std::string roff(const std::string& text) {
  std::string out;
  for (const char c : text) {
    const bool begins = out.empty() || out.back() == '\n';
    if (begins && (c == '.' || c == '\'')) out += "\\&";
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else {
      out += c;
    }
  }
  return out;
}

std::string bold(const std::string& text) { return "\\fB" + roff(text) + "\\fR"; }
std::string italic(const std::string& text) { return "\\fI" + roff(text) + "\\fR"; }

std::string entry(const std::string& tag, const std::string& text) { return ".TP\n" + tag + "\n" + text + "\n"; }

std::string flag_entry(const Flag& flag) {
  std::string tag = flag.short_name.empty() ? bold(flag.long_name) : bold(flag.short_name) + ", " + bold(flag.long_name);
  if (!flag.value.empty()) tag += " " + italic(flag.value);
  std::string text = roff(flag.help) + ".";
  if (!flag.environment.empty()) text += "\nThe variable " + bold(flag.environment) + " may stand for it.";
  if (flag.required) text += "\nRequired.";
  return entry(tag, text);
}

std::string example_of(const std::string& example) { return ".PP\n.RS 4\n.nf\n" + roff(example) + "\n.fi\n.RE\n"; }

std::string usage_of(const Command& command) {
  const auto words = synopsis(command);
  return bold(command.path) + (words.empty() ? "" : " " + roff(words));
}

std::string options_of(const Command& command) {
  std::string text;
  for (const auto& argument : command.arguments) text += entry(italic(argument.name), roff(argument.help) + ".");
  for (const auto& flag : command.flags) {
    if (!flag.common) text += flag_entry(flag);
  }
  return text;
}

/// Those that many verbs have, once.
std::string common_options_of(const Command& command) {
  std::vector<std::string> known;
  std::string text;
  for_each(command, [&](const Command& each) {
    for (const auto& flag : each.flags) {
      if (!flag.common || std::find(known.begin(), known.end(), flag.long_name) != known.end()) continue;
      known.push_back(flag.long_name);
      text += flag_entry(flag);
    }
  });
  return ".SH COMMON OPTIONS\n" + text;
}

/// One verb, below its group's heading.
std::string verb_of(const Command& verb) {
  return ".SS " + roff(verb.path) + "\n.PP\n" + usage_of(verb) + "\n.PP\n" + roff(verb.help) + ".\n" + options_of(verb) + ".PP\nExample:\n" +
         example_of(verb.example);
}

constexpr const char* kExitCodes =
    ".SH EXIT STATUS\n"
    ".TP\n.B 0\nDone; of \\fBtask run\\fR, \\fBwatch\\fR and \\fBwait\\fR: the task is Finished.\n"
    ".TP\n.B 1\nThe task failed, or what was asked for could not be done, or a check found something.\n"
    ".TP\n.B 2\nThe master or node cannot be reached, or does not allow it.\n"
    ".TP\n.B 3\nThe time of \\fB\\-\\-timeout\\fR passed first; the task goes on.\n"
    ".TP\n.B 64\nWrong use of the command line or of the configuration file.\n";

constexpr const char* kFiles =
    ".SH FILES\n"
    ".TP\n.I ~/.config/pai/paictl.toml\n"
    "Where the master is and as whom it is called, for whoever gives no flags: \\fBmaster\\fR, \\fBca\\fR, \\fBcertificate\\fR, \\fBkey\\fR,\n"
    "\\fBtoken_file\\fR. Paths are relative to its folder. Below \\fB$XDG_CONFIG_HOME\\fR where that is set. A flag wins over the environment, and the\n"
    "environment over the file. What the file has of credentials is for the file's master alone.\n";

constexpr const char* kEnvironment =
    ".SH ENVIRONMENT\n"
    ".TP\n.B PAI_TOKEN\nA token, for whoever has no certificate and gives no \\fB\\-\\-token\\-file\\fR.\n"
    ".TP\n.B NO_COLOR\nIf set and not empty, nothing is in colour.\n";

}  // namespace

std::string synopsis(const Command& command) {
  std::string text;
  const auto add = [&](const std::string& word) { text += (text.empty() ? "" : " ") + word; };
  if (!command.commands.empty()) return "VERB ...";
  std::size_t optional = 0;
  for (const auto& flag : command.flags) {
    if (flag.required) {
      add(flag.long_name + " " + flag.value);
    } else {
      ++optional;
    }
  }
  if (optional > 0) add("[flags]");
  for (const auto& argument : command.arguments) {
    const std::string name = argument.name + (argument.many ? "..." : "");
    add(argument.required ? name : "[" + name + "]");
  }
  return text;
}

std::string man_name(const Command& command) {
  std::string name = command.path;
  std::replace(name.begin(), name.end(), ' ', '-');
  return name;
}

std::string man_page(const Command& program, const Command& command, const std::string& version) {
  const bool whole = &program == &command;
  const std::string name = man_name(command);
  std::string title = name;
  std::transform(title.begin(), title.end(), title.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  std::string text = ".\\\" Made by `paictl man` from its own grammar.\n.TH " + roff(title) + " 1 \"\" \"PAI " + roff(version) + "\" \"PAI\"\n.SH NAME\n" + roff(name) +
                     " \\- " + roff(command.help) + "\n.SH SYNOPSIS\n";
  if (command.commands.empty()) {
    text += usage_of(command) + "\n.SH OPTIONS\n" + options_of(command) + ".SH EXAMPLES\n" + example_of(command.example);
  } else if (whole) {
    text += usage_of(command) + "\n.SH VERBS\n";
    for (const auto& below : command.commands) {
      text += entry(bold(man_name(below)) + "(1)", roff(below.help) + ".");
    }
    text += ".SH OPTIONS\n" + options_of(command) + ".SH EXAMPLES\n" + example_of(command.example);
  } else {
    std::string line;
    for (const auto& below : command.commands) line += (line.empty() ? "" : "\n.br\n") + usage_of(below);
    text += line + "\n.SH EXAMPLES\n" + example_of(command.example) + ".SH VERBS\n";
    for (const auto& below : command.commands) text += verb_of(below);
  }
  text += common_options_of(command);
  text += kExitCodes;
  text += kFiles;
  text += kEnvironment;
  text += ".SH SEE ALSO\n";
  std::string others;
  if (!whole) others = ".BR paictl (1)";
  for (const auto& below : program.commands) {
    if (&below != &command) others += (others.empty() ? "" : ",\n") + std::string(".BR ") + roff(man_name(below)) + " (1)";
  }
  return text + others + ",\n.BR pai\\-master (8),\n.BR pai\\-node (8)\n";
}

}  // namespace pai::ctl::guide
