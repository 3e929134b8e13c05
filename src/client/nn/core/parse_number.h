#pragma once

#include <string_view>

namespace pai::client::nn {

enum class NumberFault { kNone, kEmpty, kText, kNan, kInfinite, kOutOfRange };

/// Reads a cell as written (quotes may stand around it, spaces and tabs around or within them, a sign before
/// it) as a decimal number, correctly rounded. Hexadecimal, thousands separators and decimal commas are text.
/// `value` is finite when the answer is kNone, and untouched otherwise.
NumberFault parse_number(std::string_view cell, double& value);

/// "is empty", "is not a number", "is NaN", "is infinite", "is too large for a double"; kNone has no
/// sentence.
std::string_view fault_sentence(NumberFault fault);
/// What to do about it.
std::string_view fault_hint(NumberFault fault);

}  // namespace pai::client::nn
