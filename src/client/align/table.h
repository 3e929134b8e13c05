#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "common/csv/file_source.h"
#include "common/csv/layout.h"
#include "common/csv/scanner.h"
#include "common/io/files.h"

namespace pai::client::align {

/// A party's table: the open file and its columns. The file is read, never mapped: one that is cut short
/// while it is read is an error.
class Table {
 public:
  static Result<Table> open(const io::Root& raw, const std::string& path, const csv::ColumnRequest& request);

  const csv::Layout& layout() const { return layout_; }
  const std::string& name() const { return name_; }
  std::uint64_t bytes() const { return identity_.bytes; }

  /// Told after each block: rows and bytes of rows so far. An error ends the reading.
  using Progress = std::function<Status(std::uint64_t rows, std::uint64_t bytes_done)>;
  /// Rows that were checked, and the number of the first of them. 64 bytes beyond each row can be read.
  using Sink = std::function<Status(const csv::Scanner& scanner, std::span<const csv::Row> rows,
                                    std::uint64_t first_number)>;

  /// Whether the bytes of a reading are summed up; two readings that were must have read the same.
  enum class Sum { kNo, kYes };

  /// Reads all rows, at most 4,294,967,295. Errors: kInvalid for a fault of the text (file and line), or when
  /// the file changed while it was read, or since an earlier reading; kIo; the sink's.
  Status read(const Sink& sink, const Progress& progress = {}, Sum sum = Sum::kYes);

 private:
  Table(io::Fd fd, std::string name, csv::Layout layout, csv::FileIdentity identity)
      : fd_(std::move(fd)), name_(std::move(name)), layout_(std::move(layout)), identity_(identity) {}

  io::Fd fd_;
  std::string name_;
  csv::Layout layout_;
  csv::FileIdentity identity_;
  std::optional<std::uint64_t> checksum_;  ///< of an earlier reading
};

}  // namespace pai::client::align
