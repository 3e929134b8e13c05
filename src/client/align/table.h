#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "client/align/core/large_memory.h"
#include "common/csv/file_source.h"
#include "common/csv/layout.h"
#include "common/csv/scanner.h"
#include "common/io/files.h"

namespace pai::client::align {

/// One row of the held text: a view without its line end, and where its first field ends.
struct HeldRow {
  std::string_view text;
  std::size_t first_end = 0;
};

/// A party's table: the open file, its columns and, when it is small enough, its rows' text in memory.
///
/// A row is named by a 32-bit reference: its offset in the held text, or its number from 0 when the text is not held. The order of
/// references is the order in the file. The file is read, never mapped: one that is cut short while it is read is an error.
class Table {
 public:
  /// `held_bytes_max`: a larger file is not held but read a second time (and any of 4 GiB or more).
  static Result<Table> open(const io::Root& raw, const std::string& path, const csv::ColumnRequest& request,
                            std::uint64_t held_bytes_max);

  const csv::Layout& layout() const { return layout_; }
  const std::string& name() const { return name_; }
  bool held() const { return held_; }
  std::uint64_t bytes() const { return identity_.bytes; }

  /// Told after each block: rows and bytes so far. An error ends the reading.
  using Progress = std::function<Status(std::uint64_t rows, std::uint64_t bytes_done)>;
  /// Rows that were checked, and the number of the first of them.
  using Sink = std::function<Status(const csv::Scanner& scanner, std::span<const csv::Row> rows, std::uint64_t first_number)>;

  /// Reads all rows; the first time, keeps their text if the table is held. A later time, checks that the bytes are the same as the first.
  /// Errors: kInvalid for a fault of the text (file and line), or when the file changed while it was read; kIo.
  Status read(const Sink& sink, const Progress& progress);

  /// The reference of a row that `read` just handed out.
  std::uint32_t reference(const csv::Row& row, std::uint64_t number) const {
    return held_ ? static_cast<std::uint32_t>(row.begin - text_.data()) : static_cast<std::uint32_t>(number);
  }

  /// For a held table: the row at a reference. Up to 64 bytes beyond it can be read.
  HeldRow row(std::uint32_t reference) const;
  const char* address(std::uint32_t reference) const { return text_.data() + reference; }
  /// Line number of a row of a held table.
  std::uint64_t line_of(std::uint32_t reference) const;

 private:
  Table(io::Fd fd, std::string name, csv::Layout layout, csv::FileIdentity identity)
      : fd_(std::move(fd)), name_(std::move(name)), layout_(std::move(layout)), identity_(identity) {}
  Status read_blocks(csv::Scanner& scanner, const Progress& progress, std::uint64_t& checksum);
  HeldRow long_row(const char* begin) const;
  Error changed() const;

  io::Fd fd_;
  std::string name_;
  csv::Layout layout_;
  csv::FileIdentity identity_;
  bool held_ = false;
  bool read_before_ = false;
  std::uint64_t checksum_ = 0;
  LargeMemory text_;
  std::size_t text_size_ = 0;
  csv::Classify classify_ = nullptr;
};

}  // namespace pai::client::align
