#include "client/nn/core/numeric_table.h"

#include <algorithm>

#include "common/base/text.h"

namespace pai::client::nn {

namespace {

/// More names than this help nobody.
constexpr std::size_t kColumnsNamedMax = 20;

}  // namespace

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

Error NumericTable::fault_in(std::span<const std::size_t> faulty, std::string_view what) const {
  std::string names;
  std::vector<ErrorDetail> details;
  for (const auto column : faulty.first(std::min(faulty.size(), kColumnsNamedMax))) {
    const auto name = "'" + printable(columns[column]) + "'";
    names.append(names.empty() ? "" : ", ").append(name);
    details.push_back({ErrorDetail::Kind::kFile, file, "column " + name + ": " + std::string(what)});
  }
  if (faulty.size() > kColumnsNamedMax) names += " and " + std::to_string(faulty.size() - kColumnsNamedMax) + " more";
  return Error(ErrorCode::kInvalid, "'" + printable(file, 300) + (faulty.size() == 1 ? "' column " : "' columns ") + names + ": " +
                                        std::string(what))
      .with_details(std::move(details));
}

Error cell_fault(std::string_view file, std::uint64_t line, std::string_view column, std::string_view what) {
  const std::string place = "column '" + printable(column) + "': " + std::string(what);
  return Error(ErrorCode::kInvalid,
               "'" + printable(file, 300) + "' line " + std::to_string(line) + ", " + place)
      .with_detail({ErrorDetail::Kind::kFile, std::string(file) + ":" + std::to_string(line), place});
}

}  // namespace pai::client::nn
