#include "client/nn/core/parse_number.h"

#include <cmath>

#include <fast_float/fast_float.h>

namespace pai::client::nn {
namespace {

std::string_view trim(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

bool equals(std::string_view text, std::string_view lower_case) {
  if (text.size() != lower_case.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if ((text[i] | 0x20) != lower_case[i]) return false;
  }
  return true;
}

/// Whether what follows a sign can begin a number: what the library takes for words would be one to it.
bool begins_number(std::string_view body) {
  return !body.empty() && (body.front() == '.' || (body.front() >= '0' && body.front() <= '9'));
}

}  // namespace

const char* parse_long(const char* at, const char* end, double& value) {
  const bool negative = at != end && *at == '-';
  if (!begins_number({at + negative, end})) return nullptr;
  double number = 0;
  const auto answer = fast_float::from_chars(at, end, number);
  if (answer.ec != std::errc() || !std::isfinite(number)) return nullptr;
  value = number;
  return answer.ptr;
}

NumberFault parse_number(std::string_view cell, double& value) {
  std::string_view text = trim(cell);
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"')
    text = trim(text.substr(1, text.size() - 2));
  if (text.empty()) return NumberFault::kEmpty;
  if (text.front() == '+') {
    text.remove_prefix(1);
    if (text.empty() || text.front() == '-') return NumberFault::kText;
  }
  const std::string_view body = text.front() == '-' ? text.substr(1) : text;
  if (equals(body, "nan")) return NumberFault::kNan;
  if (equals(body, "inf") || equals(body, "infinity")) return NumberFault::kInfinite;
  if (!begins_number(body)) return NumberFault::kText;
  double number = 0;
  const auto answer = fast_float::from_chars(text.data(), text.data() + text.size(), number);
  if (answer.ptr != text.data() + text.size()) return NumberFault::kText;
  if (!std::isfinite(number)) return NumberFault::kOutOfRange;
  if (answer.ec != std::errc() && answer.ec != std::errc::result_out_of_range) return NumberFault::kText;
  value = number;
  return NumberFault::kNone;
}

std::string_view fault_sentence(NumberFault fault) {
  switch (fault) {
    case NumberFault::kNone:
      break;
    case NumberFault::kEmpty:
      return "is empty";
    case NumberFault::kText:
      return "is not a number";
    case NumberFault::kNan:
      return "is NaN";
    case NumberFault::kInfinite:
      return "is infinite";
    case NumberFault::kOutOfRange:
      return "is too large for a double";
  }
  return "";
}

std::string_view fault_hint(NumberFault fault) {
  switch (fault) {
    case NumberFault::kNone:
      break;
    case NumberFault::kEmpty:
    case NumberFault::kNan:
      return "fill in missing values before the alignment, or leave the column out with `columns`";
    case NumberFault::kText:
      return "training reads decimal numbers like -12.5 or 3e4; encode other columns before the alignment, "
             "or "
             "leave them out with `columns`";
    case NumberFault::kInfinite:
    case NumberFault::kOutOfRange:
      return "mend the value before the alignment, or leave the column out with `columns`";
  }
  return "";
}

}  // namespace pai::client::nn
