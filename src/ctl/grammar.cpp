#include "ctl/grammar.h"

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <algorithm>

#include "common/base/text.h"

namespace pai::ctl {
namespace {

constexpr const char* kExitCodes =
    "Exit codes: 0 done, 1 failed, 2 cannot reach or not allowed, 3 timed out, 64 wrong use of the command line.";

std::string path_of(const CLI::App& app) {
  return app.get_parent() == nullptr ? app.get_name() : path_of(*app.get_parent()) + " " + app.get_name();
}

Error unknown(const CLI::App& app, const std::string& argument) {
  const bool flag = argument.starts_with("-");
  const std::string given = argument.substr(0, argument.find('='));
  std::vector<std::string> known;
  if (flag) {
    for (const auto* option : app.get_options()) {
      for (const auto& name : option->get_lnames()) known.push_back("--" + name);
    }
  } else {
    for (const auto* verb : app.get_subcommands({})) known.push_back(verb->get_name());
  }
  const std::vector<std::string_view> candidates(known.begin(), known.end());
  std::string message = flag            ? "unknown flag " + printable(given)
                        : known.empty() ? "'" + printable(given) + "' is one argument too many"
                                        : "'" + printable(given) + "' is no verb of " + path_of(app);
  if (const auto meant = nearest(given, candidates))
    message += "; did you mean " + std::string(*meant) + "?";
  return Error(ErrorCode::kInvalid, std::move(message)).with_hint(path_of(app) + " --help");
}

/// A group's example without the words before its first command, and without indentation.
std::string commands_in(const std::string& example) {
  std::string text = example.substr(example.find(':') + 1);
  for (auto at = text.find("\n  "); at != std::string::npos; at = text.find("\n  ", at + 1)) text.erase(at + 1, 2);
  return text.substr(text.find_first_not_of(" \n"));
}

/// What IsMember allows; CLI11 has it only in words: "FILE", "TEXT:{text,json}".
std::vector<std::string> choices_of(const CLI::Option& option) {
  const std::string type = option.get_type_name();
  const auto from = type.find('{'), to = type.find('}');
  std::vector<std::string> choices;
  if (from == std::string::npos || to == std::string::npos) return choices;
  for (std::size_t at = from + 1; at < to;) {
    const auto end = std::min(type.find(',', at), to);
    choices.push_back(type.substr(at, end - at));
    at = end + 1;
  }
  return choices;
}

guide::Kind kind_of(const CLI::Option& option) {
  const std::string type = option.get_type_name();
  return type.starts_with("FILE") ? guide::Kind::kFile : type.starts_with("DIR") ? guide::Kind::kFolder : guide::Kind::kText;
}

guide::Flag flag_of(const CLI::Option& option) {
  const auto& shorts = option.get_snames();
  const std::string type = option.get_type_name();
  const std::string name = option.get_lnames().front();
  return {.long_name = "--" + name,
          .short_name = shorts.empty() ? "" : "-" + shorts.front(),
          .value = option.get_items_expected_max() == 0 ? "" : type.substr(0, type.find(':')),
          .help = option.get_description(),
          .environment = option.get_envname(),
          .kind = kind_of(option),
          .choices = choices_of(option),
          .required = option.get_required(),
          .common = name == "help" || name == "output" || option.get_group() == kMasterFlags};
}

}  // namespace

Grammar::Grammar(const std::string& help, const std::string& example) : app_(help, "paictl") {
  app_.set_version_flag("--version", std::string("paictl ") + PAI_VERSION, "Print the version");
  prepare(app_, example, "Example: " + example + "\n" + kExitCodes);
  app_.require_subcommand(1);
}

CLI::App* Grammar::group(const char* name, const char* help, const std::string& example) {
  CLI::App* app = app_.add_subcommand(name, help);
  prepare(*app, commands_in(example), "Example" + example);
  app->require_subcommand(1);
  return app;
}

CLI::App* Grammar::verb(CLI::App* group, const char* name, const char* help, const std::string& example, Make make) {
  CLI::App* app = group->add_subcommand(name, help);
  prepare(*app, example, "Example: " + example);
  verbs_.emplace(app, std::move(make));
  return app;
}

Result<Options> Grammar::read(const std::vector<std::string>& arguments) {
  try {
    app_.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));  // CLI11 takes them from the back
  } catch (const CLI::CallForHelp&) {
    return Options(PrintOptions{app_.help()});
  } catch (const CLI::CallForVersion&) {
    return Options(PrintOptions{app_.version() + "\n"});
  } catch (const CLI::ParseError& fault) {
    // A mistyped flag also makes the right one missing; the mistyped one is the cause.
    if (auto unknown = unknown_argument()) return std::move(*unknown);
    if (auto incomplete = missing_verb()) return std::move(*incomplete);
    return usage(fault.what());
  }
  if (auto unknown = unknown_argument()) return std::move(*unknown);
  return verbs_.at(&understood())();
}

void Grammar::prepare(CLI::App& app, const std::string& example, const std::string& footer) {
  examples_.emplace(&app, example);
  app.set_help_flag("-h,--help", "Print this help");
  app.footer(footer);
  app.allow_extras();  // judged by unknown_argument, which knows the nearest
}

std::string Grammar::version() { return PAI_VERSION; }

guide::Command Grammar::outline_of(const CLI::App& app) const {
  guide::Command command{.path = path_of(app), .help = app.get_description(), .example = examples_.at(&app), .arguments = {}, .flags = {}, .commands = {}};
  for (const auto* option : app.get_options()) {
    if (option->get_positional()) {
      command.arguments.push_back({.name = option->get_single_name(),
                                   .help = option->get_description(),
                                   .kind = kind_of(*option),
                                   .choices = choices_of(*option),
                                   .required = option->get_required(),
                                   .many = option->get_items_expected_max() > 1});
    } else {
      command.flags.push_back(flag_of(*option));
    }
  }
  for (const auto* below : app.get_subcommands({})) command.commands.push_back(outline_of(*below));
  return command;
}

Error Grammar::usage(const std::string& what) const {
  return Error(ErrorCode::kInvalid, what).with_hint(path_of(understood()) + " --help");
}

/// The deepest command that was understood.
const CLI::App& Grammar::understood() const {
  const CLI::App* app = &app_;
  while (!app->get_subcommands().empty()) app = app->get_subcommands().front();
  return *app;
}

std::optional<Error> Grammar::unknown_argument() const {
  for (const CLI::App* app = &app_;; app = app->get_subcommands().front()) {
    if (const auto extras = app->remaining(); !extras.empty()) return unknown(*app, extras.front());
    if (app->get_subcommands().empty()) return std::nullopt;
  }
}

std::optional<Error> Grammar::missing_verb() const {
  const CLI::App& app = understood();
  std::string verbs;
  for (const auto* verb : app.get_subcommands({})) verbs += (verbs.empty() ? "" : ", ") + verb->get_name();
  if (verbs.empty()) return std::nullopt;
  return usage(path_of(app) + " wants a verb: " + verbs);
}

void output_flag(CLI::App* app, std::string& given) {
  app->add_option("-o,--output", given, "text (the default) or json")->check(CLI::IsMember({"text", "json"}));
}

}  // namespace pai::ctl
