#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace pai::ctl::data {

/// What a column holds, gathered a cell at a time. Cells as they mean: quotes taken off.
class ColumnProfile {
 public:
  /// Beyond so many different values a column is no list of classes.
  static constexpr std::size_t kClassesMax = 20;
  /// Longer values are no classes.
  static constexpr std::size_t kClassBytesMax = 64;

  /// Lines are counted from 1.
  void add(std::string_view cell, std::uint64_t line);

  std::uint64_t cells() const { return cells_; }
  std::uint64_t empty() const { return empty_; }
  /// Cells that hold something and are no finite number.
  std::uint64_t not_numbers() const { return not_numbers_; }
  /// Line of the first such cell, and of the first empty one; 0: none.
  std::uint64_t first_not_number() const { return first_not_number_; }
  std::uint64_t first_empty() const { return first_empty_; }
  /// Of the numbers; nothing without any.
  std::optional<double> smallest() const { return numbers() == 0 ? std::nullopt : std::optional(smallest_); }
  std::optional<double> largest() const { return numbers() == 0 ? std::nullopt : std::optional(largest_); }
  /// Every cell holds the same.
  bool is_constant() const { return cells_ > 0 && !too_many_ && classes_.size() == 1; }
  /// The different values and how often each occurs, if there are kClassesMax at most.
  const std::map<std::string, std::uint64_t>* classes() const { return too_many_ ? nullptr : &classes_; }

 private:
  std::uint64_t numbers() const { return cells_ - empty_ - not_numbers_; }

  std::uint64_t cells_ = 0, empty_ = 0, not_numbers_ = 0;
  std::uint64_t first_not_number_ = 0, first_empty_ = 0;
  double smallest_ = 0, largest_ = 0;
  std::map<std::string, std::uint64_t> classes_;
  bool too_many_ = false;
};

}  // namespace pai::ctl::data
