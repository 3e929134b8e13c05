#include "client/nn/core/numeric_table.h"

#include <algorithm>

#include "common/base/text.h"

namespace pai::client::nn {

std::uint64_t NumericTable::line_of(std::size_t row) const {
  auto after =
      std::upper_bound(line_breaks.begin(), line_breaks.end(), row,
                       [](std::size_t wanted, const auto& line_break) { return wanted < line_break.first; });
  if (after == line_breaks.begin()) return row + 1;
  --after;
  return after->second + (row - after->first);
}

Error NumericTable::fault_at(std::size_t row, std::size_t column, std::string_view what) const {
  return cell_fault(file, line_of(row), columns[column], what);
}

Error NumericTable::fault_in(std::size_t column, std::string_view what) const {
  return Error(ErrorCode::kInvalid, "'" + printable(file, 300) + "' column '" + printable(columns[column]) +
                                        "': " + std::string(what))
      .with_detail({ErrorDetail::Kind::kFile, file,
                    "column '" + printable(columns[column]) + "': " + std::string(what)});
}

Error cell_fault(std::string_view file, std::uint64_t line, std::string_view column, std::string_view what) {
  const std::string place = "column '" + printable(column) + "': " + std::string(what);
  return Error(ErrorCode::kInvalid,
               "'" + printable(file, 300) + "' line " + std::to_string(line) + ", " + place)
      .with_detail({ErrorDetail::Kind::kFile, std::string(file) + ":" + std::to_string(line), place});
}

}  // namespace pai::client::nn
