#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

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
    kIntegers,  ///< list of integers, each from `min` to `max`, at most `elements_max`
    kChoices,   ///< one of `choices` or a list of some of them, none twice
    kTaskName,  ///< the name of another task
    kObject,    ///< an object of `members`, whose defaults are filled in
  };
  std::string_view name = "";
  Kind kind = Kind::kString;
  bool required = false;
  /// JSON text of the default; empty: absent unless given.
  std::string_view default_json = "";
  std::optional<double> min = std::nullopt;  ///< for numbers
  std::optional<double> max = std::nullopt;
  bool min_exclusive = false;
  bool max_exclusive = false;
  std::size_t elements_max = 0;  ///< for lists of integers
  std::span<const std::string_view> choices = {};
  std::string_view unit = "";
  std::string_view help = "";  ///< one sentence
  /// A path that the task creates: two clients of one node may not share it, and the node's own folders are refused.
  bool creates = false;
  /// A path of a folder: people end it with a slash, which is taken off.
  bool folder = false;
  /// What may stand in an object. (A span would need a complete type.)
  const Setting* members = nullptr;
  std::size_t members_count = 0;
};

/// What a value must be, to follow "must be" or "is not": `an integer from 1 to 10`, `one of "prf", "ecdh"`.
std::string expectation(const Setting& setting);

/// Everything common code knows of one client type.
struct ClientTypeInfo {
  ClientType type;
  std::string_view name;
  std::span<const Family> families;  ///< of the tasks that it can take part in
  std::span<const Role> roles;       ///< roles that may run it
  std::span<const Setting> settings;
};

const ClientTypeInfo& client_type_info(ClientType type);
/// Every type, in the order of the enumeration.
std::span<const ClientTypeInfo> client_types();

}  // namespace pai::task
