#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>

#include "common/base/result.h"
#include "common/csv/classify.h"
#include "common/csv/fault.h"
#include "common/csv/utf8_check.h"

namespace pai::csv {

/// One row: a view into the text that was fed, without its line end.
struct Row {
  const char* begin = nullptr;
  std::uint32_t size = 0;
  std::uint32_t id_offset = 0;  ///< of the first ID column's field, as written
  std::uint32_t id_size = 0;

  std::string_view text() const { return {begin, size}; }
  std::string_view id_field() const { return {begin + id_offset, id_size}; }
};

/// Finds the rows of a table in text that comes block by block, and checks them: as many fields as the
/// header, RFC 4180 quoting, UTF-8, no NUL, limits of size. Blank lines are skipped wherever they stand
/// outside quotes. A carriage return is part of a line end before a line feed (or the end of the file), and a
/// fault elsewhere outside quotes.
///
/// The text of a row must be contiguous when its end is fed: each piece follows the one before in memory,
/// unless `relocate` said that the unfinished row was moved.
class Scanner {
 public:
  using Sink = std::function<Status(std::span<const Row>)>;

  struct Options {
    std::string file;              ///< name for messages
    std::uint32_t fields = 1;      ///< of the header
    std::uint32_t id_column = 0;   ///< whose field Row reports
    std::uint64_t first_line = 2;  ///< line number of the first byte fed
    Classify classify = nullptr;   ///< null: the fastest
  };

  Scanner(Options options, Sink sink);

  /// Scans `size` bytes, a multiple of 64. The sink has had every row that ended in them when it returns.
  /// Errors: kInvalid with file and line, or the sink's; after one, nothing more may be fed.
  Status feed(const char* text, std::size_t size);
  /// Scans the last bytes, fewer than 64, and ends the last row.
  Status finish(const char* text, std::size_t size);

  /// Where the row that has not ended begins (the end of what was fed, when a row ended there); null before
  /// the first piece.
  const char* unfinished() const { return row_; }
  /// The unfinished row was moved here; the next piece follows it.
  void relocate(const char* to);

  std::uint64_t rows() const { return rows_; }

  /// A fault of a row of the batch that the sink has at hand.
  Error error_at(const Row& row, FaultKind kind) const;
  /// Its line number.
  std::uint64_t line_of(const Row& row) const;

 private:
  static constexpr std::size_t kBatchRows = 256;
  static constexpr std::size_t kGroupBlocks = 64;

  bool scan_group(const char* text, std::size_t blocks, std::size_t valid, unsigned kinds, BlockMasks* masks);
  template <bool kRare>
  bool scan_block(const char* text, const BlockMasks& masks, std::uint64_t lines);
  bool check_text(const char* text, std::size_t size, unsigned kinds);
  bool check_quotes(const BlockMasks& masks, std::uint64_t& comma, std::uint64_t& newline, unsigned& bad);
  void find_id(const char* text, std::uint64_t commas, std::uint64_t count);
  bool end_row(const char* end, std::uint64_t fields, bool trim, std::uint64_t lines_before);
  bool check_cells(std::uint64_t line);
  bool flush();
  bool fail(Fault fault);
  bool fail(Error error);
  Status status();
  std::uint64_t opening_line(const char* end) const;

  Options options_;
  Sink sink_;
  Classify classify_;

  // The row at hand.
  const char* row_ = nullptr;
  const char* id_begin_ = nullptr;
  const char* id_end_ = nullptr;
  std::uint64_t commas_ = 0;

  // What one block hands to the next: all ones or a lowest bit.
  std::uint64_t inside_ = 0;       ///< all ones within quotes
  std::uint64_t at_field_ = 1;     ///< the next byte begins a field
  std::uint64_t after_close_ = 0;  ///< the byte before closed a quote
  std::uint64_t after_carriage_ = 0;

  Utf8Check utf8_;
  std::uint64_t lines_ = 0;  ///< line feeds before the block at hand
  std::uint64_t rows_ = 0;
  std::array<Row, kBatchRows> batch_;
  std::size_t batch_size_ = 0;
  const char* batch_end_ = nullptr;  ///< after the last row of the batch
  std::uint64_t batch_line_ = 0;     ///< line of that place
  std::optional<Error> error_;
};

}  // namespace pai::csv
