#include "common/config/flags.h"

#include <algorithm>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "common/base/text.h"
#include "common/config/value.h"

namespace pai::config {
namespace {

std::vector<std::string> known_flags(const Declaration& declaration) {
  std::vector<std::string> flags{"--config", "--check-config", "--version", "--help", "--manual"};
  for (const auto& setting : declaration.settings) flags.push_back(flag_of(setting.name));
  return flags;
}

void report_unknown(const Declaration& declaration, const std::vector<std::string>& extras, Faults& faults) {
  const auto known = known_flags(declaration);
  for (const auto& extra : extras) {
    if (extra.empty() || extra.front() != '-') {
      // After an unknown flag this is most likely its value, and one fault is enough.
      const bool value_of_unknown = &extra != extras.data() && (&extra)[-1].starts_with("-");
      if (!value_of_unknown) faults.in_flag(printable(extra), "is no flag; this program takes no other arguments");
      continue;
    }
    const std::string flag = extra.substr(0, extra.find('='));
    faults.in_flag(printable(flag), "is an unknown flag" + nearest_hint(flag, known));
  }
}

}  // namespace

Flags read_flags(const Declaration& declaration, const std::vector<std::string>& arguments, Faults& faults) {
  Flags flags;
  try {
    CLI::App app;
    app.set_help_flag("");  // ours comes from the declaration
    app.allow_extras();
    auto* const help = app.add_flag("--help,-h");
    auto* const version = app.add_flag("--version");
    auto* const check = app.add_flag("--check-config");
    const auto add_valued = [&](const std::string& flag) {
      return app.add_option(flag)->expected(1)->allow_extra_args(false)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    };
    auto* const config = add_valued("--config");
    auto* const manual = add_valued("--manual");
    std::vector<CLI::Option*> options;
    for (const auto& setting : declaration.settings) {
      const std::string flag = flag_of(setting.name);
      options.push_back(setting.kind == Setting::Kind::kBool ? app.add_flag(flag) : add_valued(flag));
    }
    bool complete = true;
    try {
      app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));  // CLI11 takes them from the back
    } catch (const CLI::ParseError& fault) {
      complete = false;
      faults.in_flag("command line", printable(fault.what(), 400));
    }
    flags.help = help->count() > 0;
    flags.version = version->count() > 0;
    flags.check_config = check->count() > 0;
    if (config->count() > 0) flags.config = config->results().back();
    if (manual->count() > 0) flags.manual = manual->results().back();
    if (config->count() > 1) faults.in_flag("--config", "is given " + std::to_string(config->count()) + " times");
    for (std::size_t i = 0; i < options.size(); ++i) {
      if (options[i]->count() > 0) flags.given.emplace(declaration.settings[i].name, options[i]->results());
    }
    if (complete) report_unknown(declaration, app.remaining(), faults);
  } catch (const std::exception& fault) {
    faults.in_flag("command line", printable(fault.what(), 400));
  }
  return flags;
}

}  // namespace pai::config
