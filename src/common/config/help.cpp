#include "common/config/help.h"

#include "common/config/value.h"

namespace pai::config {
namespace {

constexpr std::size_t kFlagColumns = 30;

std::size_t columns_of(std::string_view text) {
  std::size_t count = 0;
  for (const char c : text) count += (static_cast<unsigned char>(c) & 0xC0) != 0x80;  // UTF-8: lead bytes only
  return count;
}

std::string entry(std::string flag, std::string_view help) {
  flag.insert(0, "  ");
  if (columns_of(flag) >= kFlagColumns) {
    flag.append("\n").append(kFlagColumns, ' ');
  } else {
    flag.append(kFlagColumns - columns_of(flag), ' ');
  }
  return flag.append(help).append("\n");
}

}  // namespace

std::string version() { return PAI_VERSION; }

std::string remarks_of(const Setting& setting) {
  std::string text;
  const auto add = [&](const std::string& remark) { text.append(text.empty() ? " (" : "; ").append(remark); };
  if (setting.required) add("required");
  if (setting.default_value && setting.kind != Setting::Kind::kBool) {
    const std::string shown = value_text(*setting.default_value, false);
    if (!shown.empty()) add("default " + shown);
  }
  if (setting.kind == Setting::Kind::kBool && setting.default_value == Value(true)) add("default true; =false turns it off");
  if (const std::string range = range_text(setting); !range.empty()) add(range);
  return text.empty() ? text : text + ")";
}

std::string help_text(const Declaration& declaration) {
  std::string text = declaration.summary + "\n\nUsage: " + declaration.program + " [--config FILE]";
  for (const auto& setting : declaration.settings) {
    if (setting.required) text.append(" ").append(flag_of(setting.name)).append(" ").append(placeholder(setting.kind));
  }
  text += " [flags]\n\n";
  text += entry("--config FILE", "settings from a TOML file; flags win over it");
  text += entry("--check-config", "check flags and file, report every fault, and exit");
  text += entry("--manual SECTION", "print the manual page, of section 8 or, of the file, 5, and exit: --manual 5 | man -l -");
  text += entry("--version", "print the version and exit");
  text += entry("--help, -h", "print this and exit");
  text += "\nSettings, as flags or in the file (dots in a name are TOML tables):\n";
  for (const auto& setting : declaration.settings) {
    std::string flag = flag_of(setting.name);
    if (const auto value = placeholder(setting.kind); !value.empty()) flag.append(" ").append(value);
    text += entry(std::move(flag), setting.help + remarks_of(setting));
  }
  if (!declaration.tables.empty()) text += "\nIn the file only:\n";
  for (const auto& list : declaration.tables) {
    text += entry("[[" + list.name + "]]", list.help);
    for (const auto& column : list.columns) text += entry("  " + column.name, column.help + remarks_of(column));
  }
  return text;
}

std::string version_text(const Declaration& declaration) { return declaration.program + " " + version() + "\n"; }

}  // namespace pai::config
