#include "ctl/grammar.h"

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

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

}  // namespace

Grammar::Grammar(const std::string& help, const std::string& example) : app_(help, "paictl") {
  app_.set_version_flag("--version", std::string("paictl ") + PAI_VERSION, "Print the version");
  prepare(app_, "Example: " + example + "\n" + kExitCodes);
  app_.require_subcommand(1);
}

CLI::App* Grammar::group(const char* name, const char* help, const std::string& example) {
  CLI::App* app = app_.add_subcommand(name, help);
  prepare(*app, "Example" + example);
  app->require_subcommand(1);
  return app;
}

CLI::App* Grammar::verb(CLI::App* group, const char* name, const char* help, const std::string& example, Make make) {
  CLI::App* app = group->add_subcommand(name, help);
  prepare(*app, "Example: " + example);
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

void Grammar::prepare(CLI::App& app, const std::string& footer) {
  app.set_help_flag("-h,--help", "Print this help");
  app.footer(footer);
  app.allow_extras();  // judged by unknown_argument, which knows the nearest
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

}  // namespace pai::ctl
