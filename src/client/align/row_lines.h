#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "client/align/core/line_store.h"
#include "common/csv/layout.h"
#include "common/csv/row_fields.h"

namespace pai::client::align {

/// A row as it is written: its line of the aligned file and, the end of that, its line of train.csv or
/// test.csv.
struct RowLines {
  std::string_view aligned;
  std::string_view values;
  std::size_t first_end = 0;  ///< where the first field ends
};

/// Cuts rows of the table into lines: the ID columns, then the selected ones, as they stand in the source.
class RowCutter {
 public:
  explicit RowCutter(const csv::Layout& layout);
  /// The aligned line; a view of the row, or of memory that the next call reuses.
  std::string_view line(std::string_view row);
  /// Whether the line is the row itself.
  bool as_it_stands() const { return as_it_stands_; }

 private:
  std::vector<std::uint32_t> columns_;
  bool as_it_stands_;
  csv::RowFields fields_;
  std::string line_;
};

/// Finds the end and the values of lines that `RowCutter` made.
class LineReader {
 public:
  explicit LineReader(const csv::Layout& layout);
  /// A line that a LineStore keeps.
  RowLines at(const StoredLine& stored) {
    if (stored.size == StoredLine::kUnknown || id_fields_ != 1) [[unlikely]]
      return at(stored.begin);
    const std::string_view line(stored.begin, stored.size);
    return {line, line.substr(std::min<std::size_t>(stored.first_end + 1, stored.size)), stored.first_end};
  }
  /// The line that begins here and ends with a line feed outside quotes. 64 bytes beyond its end can be read.
  RowLines at(const char* begin);
  /// Where the values of a line begin.
  std::size_t values_begin(std::string_view line);

 private:
  RowLines long_line(const char* begin);

  std::size_t id_fields_;
  bool has_values_;
  csv::Classify classify_;
  csv::RowFields fields_;
};

}  // namespace pai::client::align
