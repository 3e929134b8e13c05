#include <utility>

#include "common/base/text.h"
#include "common/config/faults.h"
#include "common/config/file.h"
#include "common/config/flags.h"
#include "common/config/help.h"
#include "common/config/settings.h"
#include "common/config/value.h"

namespace pai::config {
namespace {

/// A default is our own text: one that its own setting refuses is our bug.
void apply_defaults(const Declaration& declaration, Values& values) {
  for (const auto& setting : declaration.settings) {
    if (!setting.default_value) continue;
    Value value = *setting.default_value;
    if (const auto* whole = std::get_if<std::int64_t>(&value); whole != nullptr && setting.kind == Setting::Kind::kNumber) {
      value = static_cast<double>(*whole);
    }
    PAI_CHECK(!fault_of(setting, value), "the default of setting '" + setting.name + "' is out of its range");
    values.values.insert_or_assign(setting.name, std::move(value));
  }
}

void apply_flags(const Declaration& declaration, const Flags& flags, Values& values, Faults& faults) {
  for (const auto& setting : declaration.settings) {
    const auto given = flags.given.find(setting.name);
    if (given == flags.given.end()) continue;
    auto value = value_from_flags(setting, given->second);
    if (value.ok()) {
      values.values.insert_or_assign(setting.name, std::move(*value));
    } else {
      faults.in_flag(flag_of(setting.name), value.error().message());
    }
  }
}

void require_all(const Declaration& declaration, const Values& values, Faults& faults) {
  for (const auto& setting : declaration.settings) {
    if (!setting.required || values.has(setting.name)) continue;
    faults.in_flag(flag_of(setting.name), "is required, here or as \"" + setting.name + "\" in the file of --config");
  }
}

}  // namespace

Result<Invocation> read(const Declaration& declaration, const std::vector<std::string>& arguments) {
  Faults faults;
  const Flags flags = read_flags(declaration, arguments, faults);
  Invocation invocation;
  if (flags.help || flags.version) {
    invocation.action = Invocation::Action::kPrintAndExit;
    invocation.print = flags.help ? help_text(declaration) : version_text(declaration);
    return invocation;
  }
  if (flags.manual) {
    invocation.action = Invocation::Action::kPrintAndExit;
    invocation.print = *flags.manual == "5" ? manual_of_file(declaration) : manual_of_program(declaration);
    return invocation;
  }
  if (flags.check_config) invocation.action = Invocation::Action::kCheckConfig;
  const bool flags_readable = faults.empty();
  apply_defaults(declaration, invocation.values);
  if (flags.config) {
    invocation.file = *flags.config;
    read_settings_file(declaration, invocation.file, invocation.values, faults);
  }
  apply_flags(declaration, flags, invocation.values, faults);
  // With flags or a file that can't be read, or a value that was refused, "required" would blame what is there.
  if (flags_readable) require_all(declaration, invocation.values, faults);
  if (faults.empty()) return invocation;
  return Error(ErrorCode::kInvalid, declaration.program + " cannot start with these settings")
      .with_hint("`" + declaration.program + " --help` lists every setting with its range")
      .with_details(faults.take());
}

}  // namespace pai::config
