#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace pai::client::nn {

enum class NumberFault { kNone, kEmpty, kText, kNan, kInfinite, kOutOfRange };

/// Reads a cell as written (quotes may stand around it, spaces and tabs around or within them, a sign before
/// it) as a decimal number, correctly rounded. Hexadecimal, thousands separators and decimal commas are text.
/// `value` is finite when the answer is kNone, and untouched otherwise.
NumberFault parse_number(std::string_view cell, double& value);

/// How many bytes beyond a row the two below may look at (and never use).
inline constexpr std::size_t kParsePadding = 8;

/// The fast way for most cells, eight digits at once: a '-' perhaps, at most 7 digits, and a point and at
/// most 7 digits perhaps. Gives the place after the number, or null when it is written in another way; then
/// nothing was decided.
const char* parse_plain(const char* at, const char* end, double& value);
/// The way for long ones and exponents: a decimal number as the library reads it. Null likewise.
const char* parse_long(const char* at, const char* end, double& value);

/// "is empty", "is not a number", "is NaN", "is infinite", "is too large for a double"; kNone has no
/// sentence.
std::string_view fault_sentence(NumberFault fault);
/// What to do about it.
std::string_view fault_hint(NumberFault fault);

namespace detail {

/// The decimal digits that the 8 bytes at `at` begin with: how many, and their value.
struct Digits {
  unsigned count;
  std::uint32_t value;
};

inline Digits leading_digits(const char* at, std::ptrdiff_t room) {
  static_assert(std::endian::native == std::endian::little, "the first byte is the lowest");
  std::uint64_t bytes;
  std::memcpy(&bytes, at, 8);
  bytes ^= 0x3030303030303030;  // digits are 0 to 9 now, and nothing else is
  const std::uint64_t other =
      (((bytes & 0x7F7F7F7F7F7F7F7F) + 0x7676767676767676) | bytes) & 0x8080808080808080;
  auto count = other == 0 ? 8u : static_cast<unsigned>(std::countr_zero(other)) / 8;
  if (count > room) count = static_cast<unsigned>(room);
  if (count == 0) return {0, 0};
  // The digits move to the top, zeros before them; then pairs, fours and eights are joined.
  bytes <<= 8 * (8 - count);
  bytes = bytes * 10 + (bytes >> 8);
  bytes = (bytes & 0x000000FF000000FF) * (100 + (std::uint64_t{1'000'000} << 32)) +
          (bytes >> 16 & 0x000000FF000000FF) * (1 + (std::uint64_t{10'000} << 32));
  return {count, static_cast<std::uint32_t>(bytes >> 32)};
}

}  // namespace detail

inline const char* parse_plain(const char* at, const char* end, double& value) {
  const bool negative = at != end && *at == '-';
  at += negative;
  const detail::Digits whole = detail::leading_digits(at, end - at);
  if (whole.count == 0 || whole.count == 8) return nullptr;
  at += whole.count;
  double number = whole.value;
  if (at != end && *at == '.') {
    // Fewer than 2^53 of a unit that is a double: one division, rounded once and correctly.
    static constexpr std::uint32_t kPowers[] = {1, 10, 100, 1'000, 10'000, 100'000, 1'000'000, 10'000'000};
    const detail::Digits part = detail::leading_digits(at + 1, end - at - 1);
    if (part.count == 0 || part.count == 8) return nullptr;
    const std::uint32_t power = kPowers[part.count];
    number = static_cast<double>(std::int64_t{whole.value} * power + part.value) / power;
    at += 1 + part.count;
  }
  value = negative ? -number : number;
  return at;
}

}  // namespace pai::client::nn
