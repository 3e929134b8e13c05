#include "common/task/setting_check.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <utility>

#include "common/base/check.h"
#include "common/base/text.h"
#include "common/json/strict_json.h"
#include "common/task/draft.h"
#include "common/task/validate.h"

namespace pai::task {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kStringBytesMax = 4096;
constexpr std::size_t kColumnNameBytesMax = 1024;
constexpr std::int64_t kColumnPositionMax = 999'999;
/// Where a node keeps what is not yet a data set.
constexpr std::string_view kNodesOwnFolder = ".staging";

std::optional<Json> check_integer(const Setting& setting, const Json& value, const std::string& path, Faults& faults) {
  const auto min = setting.min ? static_cast<std::int64_t>(*setting.min) : std::numeric_limits<std::int64_t>::min();
  const auto max = setting.max ? static_cast<std::int64_t>(*setting.max) : std::numeric_limits<std::int64_t>::max();
  auto number = read_integer(value, min, max, expectation(setting));
  if (number.ok()) return Json(*number);
  faults.add(path, number.error().message());
  return std::nullopt;
}

std::optional<Json> check_number(const Setting& setting, const Json& value, const std::string& path, Faults& faults) {
  if (value.is_number()) {
    const double number = value.get<double>();
    const bool low = setting.min && (setting.min_exclusive ? number <= *setting.min : number < *setting.min);
    const bool high = setting.max && (setting.max_exclusive ? number >= *setting.max : number > *setting.max);
    if (std::isfinite(number) && !low && !high) return Json(number == 0 ? 0.0 : number);  // -0.0 is 0
  }
  faults.add(path, shown(value) + " is not " + expectation(setting));
  return std::nullopt;
}

std::optional<Json> check_boolean(const Setting& setting, const Json& value, const std::string& path, Faults& faults) {
  if (value.is_boolean()) return value;
  std::string message = shown(value) + " is not " + expectation(setting);
  if (value == "true" || value == "false") message += ": write it without quotes";
  faults.add(path, std::move(message));
  return std::nullopt;
}

std::optional<Json> check_choice(const Setting& setting, const Json& value, const std::string& path, Faults& faults) {
  std::string message = shown(value) + " is not " + expectation(setting);
  if (value.is_string()) {
    const auto& text = value.get_ref<const std::string&>();
    for (const auto choice : setting.choices) {
      if (text == choice) return value;
    }
    if (const auto near = nearest(text, setting.choices)) message += "; did you mean " + in_quotes(*near) + "?";
  }
  faults.add(path, std::move(message));
  return std::nullopt;
}

std::optional<Json> check_string(const Setting& setting, const Json& value, const std::string& path, Faults& faults) {
  if (!value.is_string()) {
    faults.add(path, shown(value) + " is not " + expectation(setting));
    return std::nullopt;
  }
  const auto& text = value.get_ref<const std::string&>();
  if (text.size() > kStringBytesMax || invalid_utf8_at(text) || has_control_character(text)) {
    faults.add(path, shown(value) + " is not a line of at most 4,096 bytes of UTF-8 without control characters");
    return std::nullopt;
  }
  return value;
}

std::optional<Json> check_path(const Setting& setting, const Json& value, const std::string& path, Faults& faults) {
  if (!value.is_string()) {
    faults.add(path, shown(value) + " is not " + expectation(setting));
    return std::nullopt;
  }
  auto text = value.get<std::string>();
  if (setting.folder && text.size() > 1 && text.back() == '/') text.pop_back();
  if (auto status = check_relative_path(text); !status.ok()) {
    faults.add(path, status.error().message());
    return std::nullopt;
  }
  if (setting.creates && std::string_view(text).substr(0, text.find('/')) == kNodesOwnFolder) {
    faults.add(path, in_quotes(text) + " is in the node's own folder " + in_quotes(kNodesOwnFolder) + ": choose another name");
    return std::nullopt;
  }
  return Json(std::move(text));
}

/// Says what is wrong with a column's name, or nothing. A quoted header may hold line breaks, so controls are allowed.
std::optional<std::string> column_name_fault(const std::string& name) {
  if (name.empty()) return "the column name is empty";
  if (name.size() > kColumnNameBytesMax) return in_quotes(name) + " is longer than a column name may be (1,024 bytes)";
  if (invalid_utf8_at(name)) return in_quotes(name) + " is not valid UTF-8";
  if (name.find('\0') != std::string::npos) return in_quotes(name) + " has a NUL character";
  return std::nullopt;
}

std::optional<Json> check_columns(const Setting& setting, const Json& value, const std::string& path, Faults& faults) {
  if (!value.is_array()) {
    std::string message = shown(value) + " is not " + expectation(setting);
    if (value.is_string()) message += ": write [" + shown(value) + "]";
    faults.add(path, std::move(message));
    return std::nullopt;
  }
  Json normal = Json::array();
  std::set<Json> seen;
  for (std::size_t i = 0; i < value.size(); ++i) {
    const auto& element = value[i];
    const auto element_path = json::element_path(path, i);
    Json column;
    if (element.is_string()) {
      if (auto fault = column_name_fault(element.get_ref<const std::string&>())) {
        faults.add(element_path, std::move(*fault));
        continue;
      }
      column = element;
    } else if (element.is_number()) {
      auto position = read_integer(element, 0, kColumnPositionMax, "a column's position (0–999999)");
      if (!position.ok()) {
        faults.add(element_path, position.error().message());
        continue;
      }
      column = *position;
    } else {
      faults.add(element_path, shown(element) + " is neither a column name nor a position");
      continue;
    }
    if (!seen.insert(column).second) faults.add(element_path, shown(column) + " is in the list already");
    normal.push_back(std::move(column));
  }
  return normal;
}

std::optional<Json> check_names(const Setting& setting, const Json& value, const std::string& path, Faults& faults) {
  const bool is_list = value.is_array();
  if ((!is_list && !value.is_string()) || value.empty()) {
    faults.add(path, shown(value) + " is not " + expectation(setting));
    return std::nullopt;
  }
  const Json list = is_list ? value : Json::array({value});
  Json normal = Json::array();
  std::set<std::string> seen;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const auto element_path = is_list ? json::element_path(path, i) : path;
    if (!list[i].is_string()) {
      faults.add(element_path, shown(list[i]) + " is not a column name");
      continue;
    }
    const auto& name = list[i].get_ref<const std::string&>();
    if (auto fault = column_name_fault(name)) {
      faults.add(element_path, std::move(*fault));
      continue;
    }
    if (!seen.insert(name).second) faults.add(element_path, in_quotes(name) + " is in the list already");
    normal.push_back(name);
  }
  return normal;
}

std::optional<Json> check_integers(const Setting& setting, const Json& value, const std::string& path, Faults& faults) {
  if (!value.is_array() || value.size() > setting.elements_max) {
    std::string message = shown(value) + " is not " + expectation(setting);
    if (value.is_array()) message += ": it has " + std::to_string(value.size());
    if (value.is_number_integer()) message += ": write [" + shown(value) + "]";
    faults.add(path, std::move(message));
    return std::nullopt;
  }
  const auto min = static_cast<std::int64_t>(setting.min.value_or(0));
  const auto max = static_cast<std::int64_t>(setting.max.value_or(0));
  const auto expected = "an integer from " + std::to_string(min) + " to " + std::to_string(max);
  Json normal = Json::array();
  for (std::size_t i = 0; i < value.size(); ++i) {
    auto number = read_integer(value[i], min, max, expected);
    if (number.ok()) {
      normal.push_back(*number);
    } else {
      faults.add(json::element_path(path, i), number.error().message());
    }
  }
  if (normal.size() != value.size()) return std::nullopt;
  return normal;
}

/// A list in the order given, whether one or several were written.
std::optional<Json> check_choices(const Setting& setting, const Json& value, const std::string& path, Faults& faults) {
  if (value.is_array() && value.empty()) {
    faults.add(path, shown(value) + " is not " + expectation(setting));
    return std::nullopt;
  }
  Json normal = Json::array();
  if (!value.is_array()) {
    auto choice = check_choice(setting, value, path, faults);
    if (!choice) return std::nullopt;
    normal.push_back(std::move(*choice));
    return normal;
  }
  for (std::size_t i = 0; i < value.size(); ++i) {
    const auto element_path = json::element_path(path, i);
    auto choice = check_choice(setting, value[i], element_path, faults);
    if (!choice) continue;
    if (std::find(normal.begin(), normal.end(), *choice) != normal.end()) {
      faults.add(element_path, shown(*choice) + " is in the list already");
    }
    normal.push_back(std::move(*choice));
  }
  return normal;
}

std::optional<Json> check_name_of_task(const Setting& setting, const Json& value, const std::string& path, Faults& faults) {
  if (!value.is_string()) {
    faults.add(path, shown(value) + " is not " + expectation(setting));
    return std::nullopt;
  }
  if (auto status = check_task_name(value.get_ref<const std::string&>()); !status.ok()) {
    faults.add(path, status.error().message());
    return std::nullopt;
  }
  return value;
}

std::optional<Json> check_object(const Setting& setting, const Json& value, const std::string& path, Faults& faults) {
  if (!value.is_object()) {
    faults.add(path, shown(value) + " is not " + expectation(setting));
    return std::nullopt;
  }
  const std::span members(setting.members, setting.members_count);
  std::vector<std::string_view> known;
  for (const auto& member_of : members) known.push_back(member_of.name);
  check_keys(value, known, path, faults);
  Json normal = Json::object();
  for (const auto& inner : members) {
    const std::string name(inner.name);
    if (const auto* given = member(value, name)) {
      if (auto checked = check_setting(inner, *given, json::child_path(path, name), faults)) normal[name] = std::move(*checked);
    } else if (inner.required) {
      faults.add(json::child_path(path, name), "is missing: " + expectation(inner) + " was expected");
    } else if (!inner.default_json.empty()) {
      normal[name] = Json::parse(inner.default_json);
    }
  }
  return normal;
}

}  // namespace

std::optional<Json> check_setting(const Setting& setting, const Json& value, const std::string& path, Faults& faults) {
  switch (setting.kind) {
    case Setting::Kind::kInteger: return check_integer(setting, value, path, faults);
    case Setting::Kind::kNumber: return check_number(setting, value, path, faults);
    case Setting::Kind::kBoolean: return check_boolean(setting, value, path, faults);
    case Setting::Kind::kString: return check_string(setting, value, path, faults);
    case Setting::Kind::kChoice: return check_choice(setting, value, path, faults);
    case Setting::Kind::kPath: return check_path(setting, value, path, faults);
    case Setting::Kind::kColumns: return check_columns(setting, value, path, faults);
    case Setting::Kind::kNames: return check_names(setting, value, path, faults);
    case Setting::Kind::kIntegers: return check_integers(setting, value, path, faults);
    case Setting::Kind::kChoices: return check_choices(setting, value, path, faults);
    case Setting::Kind::kObject: return check_object(setting, value, path, faults);
    case Setting::Kind::kTaskName: return check_name_of_task(setting, value, path, faults);
  }
  PAI_CHECK(false, "a setting kind outside the enumeration");
}

}  // namespace pai::task
