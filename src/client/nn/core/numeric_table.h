#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/error.h"

namespace pai::client::nn {

/// Numbers read from a table: rows × columns, row-major, all finite. It remembers the file, the lines and the
/// names of columns for the sake of messages.
struct NumericTable {
  std::string file;                  ///< for messages, e.g. "credit/train.csv"
  std::vector<std::string> columns;  ///< names, in the order of the values
  std::size_t rows = 0;
  std::vector<double> values;  ///< rows × columns.size()

  /// Where the line of a row is not the line of the row before plus one: (row, its line), ascending by row.
  std::vector<std::pair<std::uint64_t, std::uint64_t>> line_breaks;

  std::size_t width() const { return columns.size(); }
  const double* row(std::size_t i) const { return values.data() + i * columns.size(); }
  double at(std::size_t i, std::size_t j) const { return values[i * columns.size() + j]; }
  /// Line of a row in the file, from 1.
  std::uint64_t line_of(std::size_t row) const;

  /// `'credit/train.csv' line 17, column 'X3': <what>` with a detail `file:line`; kInvalid. No value of a row
  /// belongs into `what`.
  Error fault_at(std::size_t row, std::size_t column, std::string_view what) const;
  /// `'credit/train.csv' columns 'X3', 'X7': <what>`, with a detail a column; kInvalid. At least one column.
  Error fault_in(std::span<const std::size_t> faulty, std::string_view what) const;
  Error fault_in(std::size_t column, std::string_view what) const { return fault_in(std::span(&column, 1), what); }
};

/// The same for a place that is no row of a table yet.
Error cell_fault(std::string_view file, std::uint64_t line, std::string_view column, std::string_view what);

}  // namespace pai::client::nn
