#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/csv/layout.h"
#include "common/csv/scanner.h"

namespace pai::csv {

/// Splits one row, which a Scanner has checked, into its fields as written.
class RowFields {
 public:
  void split(std::string_view row);
  std::size_t size() const { return ends_.size(); }
  std::string_view operator[](std::size_t column) const {
    const std::size_t begin = column == 0 ? 0 : ends_[column - 1] + 1;
    return row_.substr(begin, ends_[column] - begin);
  }

 private:
  std::string_view row_;
  std::vector<std::size_t> ends_;
};

/// Place of the first comma of a checked row that is not within quotes; the row's size when there is none.
std::size_t first_field_end(std::string_view row);

/// The IDs of a batch of rows as bytes: quotes taken off; several ID columns joined as length (4 bytes,
/// little-endian) and bytes of each, so that ("a","bc") and ("ab","c") differ.
class IdReader {
 public:
  explicit IdReader(const Layout& layout) : columns_(layout.id_columns) {}

  /// The IDs, in the order of the rows; they live until the next call, and as long as the rows' text. An
  /// empty value in any ID column leaves its index in `empty_at` and ends the reading there.
  std::span<const std::string_view> read(std::span<const Row> rows, std::size_t& empty_at);

 private:
  bool read_joined(const Row& row);
  bool append_unquoted(std::string_view field);

  std::vector<std::uint32_t> columns_;
  std::vector<std::string_view> ids_;
  std::string pool_;  ///< IDs that do not stand in the text as they are
  struct Pooled {
    std::size_t index, begin, size;
  };
  std::vector<Pooled> pooled_;
  RowFields fields_;
};

}  // namespace pai::csv
