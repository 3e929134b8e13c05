#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/base/result.h"

namespace pai::config {

using Value = std::variant<bool, std::int64_t, double, std::string, std::vector<std::string>>;

/// One setting of a program, declared once: the TOML file, the flags, the checks, --help and the documentation page
/// come from it. Dotted names are TOML tables (`tls.certificate`); the flag is `--tls-certificate`.
struct Setting {
  enum class Kind { kBool, kInteger, kNumber, kString, kPath, kChoice, kHostPort, kList };
  std::string name;
  Kind kind = Kind::kString;
  std::optional<Value> default_value = std::nullopt;
  bool required = false;
  std::optional<double> min = std::nullopt;
  std::optional<double> max = std::nullopt;
  std::vector<std::string> choices = {};
  std::string unit = "";
  std::string help;
};

/// A list of tables such as `[[nodes]]`; only in the file.
struct TableList {
  std::string name;
  std::vector<Setting> columns;
  std::string help;
};

struct Declaration {
  std::string program;  ///< "pai-node"
  std::string summary;
  std::vector<Setting> settings;
  std::vector<TableList> tables = {};
};

/// Checked values: every declared setting that was given or has a default.
class Values {
 public:
  bool has(std::string_view name) const;
  bool boolean(std::string_view name) const;
  std::int64_t integer(std::string_view name) const;
  double number(std::string_view name) const;
  const std::string& text(std::string_view name) const;  ///< asking for an undeclared name is our bug
  std::string text_or(std::string_view name, std::string_view otherwise) const;
  std::vector<std::string> list(std::string_view name) const;
  const std::vector<Values>& table(std::string_view name) const;

  std::map<std::string, Value, std::less<>> values;
  std::map<std::string, std::vector<Values>, std::less<>> tables;
};

/// What the command line asked for.
struct Invocation {
  enum class Action { kRun, kCheckConfig, kPrintAndExit };
  Action action = Action::kRun;
  std::string print;            ///< for kPrintAndExit: help or version text
  std::filesystem::path file;   ///< --config, for reloading
  Values values;
};

/// Reads flags, then the TOML file that `--config` names; flags win. Every fault of both is reported together, each with
/// `file:line` or the flag: unknown keys (with the nearest name), wrong types, values out of range, missing required ones.
Result<Invocation> read(const Declaration& declaration, const std::vector<std::string>& arguments);

/// The version of this build, "0.1.0".
std::string version();

/// Markdown table of the settings, for docs (a test compares).
std::string document(const Declaration& declaration);

}  // namespace pai::config
