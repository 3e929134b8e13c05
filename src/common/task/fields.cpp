#include "common/task/fields.h"

#include <cmath>
#include <limits>

#include "common/base/text.h"
#include "common/json/strict_json.h"

namespace pai::task {
namespace {

const nlohmann::json kEmptyObject = nlohmann::json::object();

}  // namespace

Fields::Fields(const nlohmann::json& object, std::string path, Faults& faults)
    : object_(object.is_object() ? object : kEmptyObject), path_(std::move(path)), faults_(faults) {
  if (!object.is_object()) faults_.add(path_, shown(object) + " is not an object");
}

std::string Fields::path_of(std::string_view key) const { return json::child_path(path_, key); }

void Fields::fault(std::string_view key, std::string message) { faults_.add(path_of(key), std::move(message)); }

const nlohmann::json* Fields::require(std::string_view key) {
  const auto* value = member(object_, key);
  if (value == nullptr) fault(key, "is missing");
  return value;
}

const nlohmann::json* Fields::optional(std::string_view key) const {
  const auto* value = member(object_, key);
  return value == nullptr || value->is_null() ? nullptr : value;
}

const nlohmann::json& Fields::object(std::string_view key) {
  const auto* value = require(key);
  return value == nullptr ? kEmptyObject : *value;
}

std::string Fields::text(std::string_view key, std::size_t bytes_max) {
  const auto* value = require(key);
  if (value == nullptr) return {};
  if (value->is_string()) {
    const auto& text = value->get_ref<const std::string&>();
    if (text.size() <= bytes_max && !invalid_utf8_at(text) && !has_control_character(text)) return text;
  }
  fault(key, shown(*value) + " is not a line of UTF-8 of at most " + with_thousands(bytes_max) + " bytes");
  return {};
}

std::string Fields::hex(std::string_view key, std::size_t bytes_max) {
  auto digits = text(key, bytes_max * 2);
  if (const auto bytes = from_hex(digits); bytes && to_hex(*bytes) == digits) return digits;
  fault(key, in_quotes(digits) + " is not lower-case hexadecimal");
  return {};
}

std::int64_t Fields::integer(std::string_view key, std::int64_t min, std::int64_t max) {
  const auto* value = require(key);
  if (value == nullptr) return 0;
  const auto number = read_integer(*value, min, max, "an integer from " + std::to_string(min) + " to " + std::to_string(max));
  if (number.ok()) return *number;
  fault(key, number.error().message());
  return 0;
}

std::uint64_t Fields::count(std::string_view key) {
  return static_cast<std::uint64_t>(integer(key, 0, std::numeric_limits<std::int64_t>::max()));
}

double Fields::number(std::string_view key, double min, double max) {
  const auto* value = require(key);
  if (value == nullptr) return 0;
  if (value->is_number()) {
    const double number = value->get<double>();
    if (std::isfinite(number) && number >= min && number <= max) return number;
  }
  fault(key, shown(*value) + " is not a number in the permitted range");
  return 0;
}

bool Fields::boolean(std::string_view key) {
  const auto* value = require(key);
  if (value == nullptr) return false;
  if (value->is_boolean()) return value->get<bool>();
  fault(key, shown(*value) + " is not true or false");
  return false;
}

std::vector<std::string> Fields::texts(std::string_view key, std::size_t elements_max, std::size_t bytes_max) {
  const auto* value = require(key);
  if (value == nullptr) return {};
  if (!value->is_array() || value->size() > elements_max) {
    fault(key, shown(*value) + " is not a list of at most " + with_thousands(elements_max) + " strings");
    return {};
  }
  std::vector<std::string> list;
  for (std::size_t i = 0; i < value->size(); ++i) {
    const auto& element = (*value)[i];
    const bool fits = element.is_string() && element.get_ref<const std::string&>().size() <= bytes_max &&
                      !invalid_utf8_at(element.get_ref<const std::string&>());
    if (fits) {
      list.push_back(element.get<std::string>());
    } else {
      faults_.add(json::element_path(path_of(key), i),
                  shown(element) + " is not a string of UTF-8 of at most " + with_thousands(bytes_max) + " bytes");
    }
  }
  return list;
}

std::optional<std::int64_t> Fields::optional_integer(std::string_view key, std::int64_t min, std::int64_t max) {
  if (optional(key) == nullptr) return std::nullopt;
  return integer(key, min, max);
}

std::optional<double> Fields::optional_number(std::string_view key, double min, double max) {
  if (optional(key) == nullptr) return std::nullopt;
  return number(key, min, max);
}

}  // namespace pai::task
