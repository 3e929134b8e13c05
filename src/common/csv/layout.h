#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/base/result.h"
#include "common/csv/fault.h"

namespace pai::csv {

/// Which columns a task asks for, by name or by position in the file from 0.
struct ColumnRequest {
  using Column = std::variant<std::string, std::uint64_t>;
  /// Absent: every column that is no ID column, in file order.
  std::optional<std::vector<Column>> columns;
  /// Empty: the first column of the file.
  std::vector<std::string> id_columns;
};

/// The first line of a table that is not blank.
struct Header {
  std::vector<std::string> names;  ///< unquoted
  std::vector<std::string> raw;    ///< as written, with their quotes
  std::uint64_t rows_offset = 0;   ///< of the first byte after the header line
  std::uint64_t rows_line = 0;     ///< line number of that byte, from 1
};

/// A table's columns and what of them is used.
struct Layout {
  Header header;
  std::vector<std::uint32_t> id_columns;     ///< positions, in the order asked for
  std::vector<std::uint32_t> value_columns;  ///< positions, in the order asked for; may be empty

  std::size_t fields() const { return header.names.size(); }
  std::vector<std::string> id_names() const { return names_of(id_columns); }
  std::vector<std::string> value_names() const { return names_of(value_columns); }
  /// True when the ID is the first column and all others follow in file order: a row can be copied as it
  /// stands.
  bool keeps_file_order() const;

 private:
  std::vector<std::string> names_of(const std::vector<std::uint32_t>& columns) const;
};

/// Parses the header at the start of a file: RFC 4180 quoting, LF or CRLF, an optional UTF-8 byte order mark,
/// blank lines before it skipped. `text` is the start of the file, `whole` says that it is all of it. Errors:
/// kInvalid with file and line.
Result<Header> parse_header(std::string_view file, std::string_view text, bool whole);

/// Finds the columns. Errors: kInvalid with one detail per column that is missing (with its nearest
/// neighbour), ambiguous, asked for twice, or asked for as value and as ID.
Result<Layout> resolve(std::string_view file, Header header, const ColumnRequest& request);

}  // namespace pai::csv
