#pragma once

#include <string>

#include "client/align/counter.h"
#include "client/align/rows_writer.h"
#include "client/align/table.h"
#include "common/csv/row_fields.h"

namespace pai::client::align {

/// Cuts a row into its line of the aligned file and its line of train.csv or test.csv.
class RowCutter {
 public:
  explicit RowCutter(const csv::Layout& layout) : layout_(layout) {}

  struct Lines {
    std::string_view aligned;
    std::string_view values;  ///< the end of `aligned`
  };
  /// The views live until the next call.
  Lines cut(std::string_view row);

 private:
  const csv::Layout& layout_;
  csv::RowFields fields_;
  std::string line_;
};

/// Writes common rows of a held table as they become known, up to the end of `common`. `rows` are their references, of which
/// `common` says how many stand; `written` counts along.
Status write_held_rows(const Table& table, const std::uint32_t* rows, Counter& common, RowsWriter& writer, Counter& written);

/// Writes the common rows of a table that is not held: the file is read a second time, its common rows go to buckets by their
/// place in aligned order (unnamed files in `scratch`), and each bucket is put in order in memory. Needs 4 bytes a row of the
/// table and about 64 MiB. Errors: those of Table::read, and kIo.
Status write_passing_rows(Table& table, std::span<const std::uint32_t> rows, int scratch_folder, RowsWriter& writer, Counter& written);

}  // namespace pai::client::align
