#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "common/task/model.h"

namespace pai::task {

/// One setting of a client type. Validation, the documentation page and the error messages come from this
/// declaration alone.
struct Setting {
  enum class Kind {
    kInteger, kNumber, kBoolean, kString, kChoice,
    kPath,      ///< relative UTF-8 path that stays below its root
    kColumns,   ///< list of column names (strings) and positions (integers from 0, the file's first column)
    kNames,     ///< a column name or a list of them
  };
  std::string_view name;
  Kind kind = Kind::kString;
  bool required = false;
  /// JSON text of the default; empty: absent unless given.
  std::string_view default_json;
  std::optional<double> min = std::nullopt;  ///< for numbers
  std::optional<double> max = std::nullopt;
  bool max_exclusive = false;
  std::span<const std::string_view> choices = {};
  std::string_view unit = "";
  std::string_view help;  ///< one sentence
};

/// Everything common code knows of one client type.
struct ClientTypeInfo {
  ClientType type;
  Family family;
  std::span<const Role> roles;       ///< roles that may run it
  std::span<const Setting> settings;
  bool available;                    ///< false: the name is reserved, tasks with it are refused with a sentence
};

const ClientTypeInfo& client_type_info(ClientType type);
std::span<const ClientTypeInfo> client_types();

}  // namespace pai::task
