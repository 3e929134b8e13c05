#include "common/config/settings.h"
#include "common/config/value.h"

namespace pai::config {
namespace {

std::string_view kind_name(Setting::Kind kind) {
  switch (kind) {
    case Setting::Kind::kBool: return "boolean";
    case Setting::Kind::kInteger: return "integer";
    case Setting::Kind::kNumber: return "number";
    case Setting::Kind::kString: return "text";
    case Setting::Kind::kPath: return "path";
    case Setting::Kind::kChoice: return "choice";
    case Setting::Kind::kHostPort: return "HOST:PORT";
    case Setting::Kind::kList: return "list of texts";
  }
  return "";
}

/// A bar would end the cell.
std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|') out += '\\';
    out += c;
  }
  return out;
}

std::string default_cell(const Setting& setting) {
  if (setting.required) return "required";
  if (!setting.default_value) return "";
  return "`" + value_text(*setting.default_value, true) + "`";
}

std::string row(const Setting& setting, bool with_flag) {
  std::string text = "| `" + setting.name + "` | ";
  if (with_flag) text += "`" + flag_of(setting.name) + "` | ";
  return text + std::string(kind_name(setting.kind)) + " | " + cell(default_cell(setting)) + " | " +
         cell(range_text(setting)) + " | " + cell(setting.help) + " |\n";
}

}  // namespace

std::string document(const Declaration& declaration) {
  std::string text = "| setting | flag | type | default | range, unit | meaning |\n| --- | --- | --- | --- | --- | --- |\n";
  for (const auto& setting : declaration.settings) text += row(setting, true);
  for (const auto& list : declaration.tables) {
    text += "\n`[[" + list.name + "]]`: " + list.help +
            "\n\n| column | type | default | range, unit | meaning |\n| --- | --- | --- | --- | --- |\n";
    for (const auto& column : list.columns) text += row(column, false);
  }
  return text;
}

}  // namespace pai::config
