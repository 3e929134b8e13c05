#include "ctl/data/column_profile.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace pai::ctl::data {
namespace {

std::string_view trimmed(std::string_view cell) {
  while (!cell.empty() && (cell.front() == ' ' || cell.front() == '\t')) cell.remove_prefix(1);
  while (!cell.empty() && (cell.back() == ' ' || cell.back() == '\t')) cell.remove_suffix(1);
  return cell;
}

std::optional<double> number_in(std::string_view cell) {
  cell = trimmed(cell);
  if (cell.starts_with('+')) cell.remove_prefix(1);
  double value = 0;
  const auto [end, fault] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
  if (fault != std::errc() || end != cell.data() + cell.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

}  // namespace

void ColumnProfile::add(std::string_view cell, std::uint64_t line) {
  ++cells_;
  if (!too_many_) {
    if (cell.size() > kClassBytesMax) {
      too_many_ = true;
    } else {
      ++classes_[std::string(cell)];
      too_many_ = classes_.size() > kClassesMax;
    }
    if (too_many_) classes_.clear();
  }
  if (trimmed(cell).empty()) {
    if (empty_++ == 0) first_empty_ = line;
    return;
  }
  const auto value = number_in(cell);
  if (!value) {
    if (not_numbers_++ == 0) first_not_number_ = line;
    return;
  }
  const bool first = numbers() == 1;
  smallest_ = first ? *value : std::min(smallest_, *value);
  largest_ = first ? *value : std::max(largest_, *value);
}

}  // namespace pai::ctl::data
