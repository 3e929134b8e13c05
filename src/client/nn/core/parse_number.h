#pragma once

#include <string_view>

namespace pai::client::nn {

enum class NumberFault { kNone, kEmpty, kText, kNan, kInfinite, kOutOfRange };

/// Reads a cell as written (quotes may stand around it, spaces and tabs around or within them, a sign before
/// it) as a decimal number, correctly rounded. Hexadecimal, thousands separators and decimal commas are text.
/// `value` is finite when the answer is kNone, and untouched otherwise.
NumberFault parse_number(std::string_view cell, double& value);

/// The fast way for most cells: a '-' perhaps, then at most 15 digits with at most one point after the first
/// of them. Gives the place after the number, or null when it is written in another way; then nothing was
/// decided.
inline const char* parse_plain(const char* at, const char* end, double& value) {
  // 10^15 < 2^53 and each of these powers is a double, so one division rounds once and correctly.
  static constexpr double kPowers[] = {1,   1e1, 1e2,  1e3,  1e4,  1e5,  1e6, 1e7,
                                       1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14};
  const bool negative = at != end && *at == '-';
  at += negative;
  const char* const first = at;
  const char* const limit = end - first > 17 ? first + 17 : end;
  const char* point = nullptr;
  long long digits = 0;
  const auto is_digit = [](char c) { return static_cast<unsigned char>(c - '0') < 10; };
  while (at != limit && is_digit(*at)) digits = digits * 10 + (*at++ - '0');
  if (at == first) return nullptr;
  if (at != limit && *at == '.') {
    point = at++;
    while (at != limit && is_digit(*at)) digits = digits * 10 + (*at++ - '0');
    if (at == point + 1) return nullptr;
  }
  if (at - first - (point != nullptr) > 15) return nullptr;
  const double number = static_cast<double>(digits) / (point != nullptr ? kPowers[at - point - 1] : 1.0);
  value = negative ? -number : number;
  return at;
}

/// "is empty", "is not a number", "is NaN", "is infinite", "is too large for a double"; kNone has no
/// sentence.
std::string_view fault_sentence(NumberFault fault);
/// What to do about it.
std::string_view fault_hint(NumberFault fault);

}  // namespace pai::client::nn
