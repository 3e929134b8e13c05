#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "client/align/core/line_store.h"
#include "client/align/core/partition_sort.h"
#include "client/align/core/partition_store.h"
#include "client/align/row_lines.h"
#include "client/align/table.h"
#include "client/crypto/aes_cmac.h"
#include "client/runtime/context.h"
#include "common/csv/row_fields.h"

namespace pai::client::align {

/// A table whose IDs are tagged, by partition of the tags. Held: the lines stand in memory by partition, and
/// a row is named by its line's reference; a partition's tags are made again when they are wanted, which
/// costs less than the memory to keep them. Not held: the tags are kept, and a row is named by its number in
/// the file. Either name grows in the order of the file.
class TaggedTable {
 public:
  /// Asked after each block whether to go on.
  using GoOn = std::function<Status()>;

  /// Reads the table; reports the phase "read". Errors: those of Table::read, and kInvalid for an empty ID; that of
  /// `go_on`.
  static Result<TaggedTable> read(Table& table, crypto::CmacTagger tagger, bool hold, Reporter& reporter,
                                  const GoOn& go_on);

  bool held() const { return held_; }
  std::uint64_t rows() const { return rows_; }

  /// A partition's rows in order of their tags, rows of equal tags in the order of the file; valid until the
  /// next call. Not for two threads at once; other threads may read lines meanwhile.
  std::span<const TagRow> sorted(std::uint32_t partition);
  /// All tags were made that are needed: the key is wiped, and `sorted` is not called any more.
  void forget_key() { tagger_.reset(); }

  /// For a held table: a row's line.
  StoredLine line(std::uint32_t partition, std::uint32_t row) const { return lines_.line(partition, row); }
  void prefetch(std::uint32_t partition) const { lines_.prefetch(partition); }

 private:
  TaggedTable(const csv::Layout& layout, crypto::CmacTagger tagger, bool held, std::uint64_t bytes);
  Status add(const csv::Scanner& scanner, std::span<const csv::Row> rows, std::uint64_t number);
  void tag_lines(std::uint32_t partition);
  void tag_batch(std::span<const std::uint32_t> references, std::span<const csv::Row> rows);

  bool held_;
  std::uint64_t rows_ = 0;
  std::optional<crypto::CmacTagger> tagger_;
  csv::IdReader row_ids_;
  csv::IdReader line_ids_;
  RowCutter cutter_;
  LineReader reader_;
  LineStore lines_;
  PartitionStore kept_;
  PartitionSorter sorter_;
  std::vector<crypto::Mac16> macs_;
  std::vector<TagRow> tags_;
};

/// The ID at the beginning of a line that RowCutter made, as bytes.
std::string id_of_line(const csv::Layout& layout, std::string_view line);

}  // namespace pai::client::align
