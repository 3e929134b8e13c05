#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/config/settings.h"

namespace pai::config {

/// What the value should be, for messages: "a whole number from 1 to 65535", "one of text, json".
std::string expectation(const Setting& setting);
/// The range alone with its unit, "1–65535 s"; empty when there is none.
std::string range_text(const Setting& setting);
/// "HOST:PORT", "FILE", "N", …: what stands for the value in --help.
std::string_view placeholder(Setting::Kind kind);
/// A value as one would write it in the file (`quoted`) or on the command line.
std::string value_text(const Value& value, bool quoted);
/// The flag of a setting: "--tls-certificate" for "tls.certificate".
std::string flag_of(std::string_view name);

/// What is wrong with a value of the right type (range, choice, form), or nothing.
std::optional<std::string> fault_of(const Setting& setting, const Value& value);

/// Reads what the command line gave for a setting; kInvalid says what is wrong with it.
Result<Value> value_from_flags(const Setting& setting, const std::vector<std::string>& given);

/// ` (did you mean "listen"?)`, or nothing.
std::string nearest_hint(std::string_view word, const std::vector<std::string>& names);

}  // namespace pai::config
