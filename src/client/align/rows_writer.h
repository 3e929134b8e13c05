#pragma once

#include <cstring>
#include <deque>
#include <memory>
#include <string>

#include "client/align/core/wide_copy.h"
#include "client/align/output_file.h"
#include "common/base/result.h"
#include "common/csv/layout.h"
#include "common/io/files.h"

namespace pai::client::align {

/// Names and digests of the files of a data set.
struct WrittenFiles {
  struct File {
    std::string name;
    OutputFile::Digest digest;
  };
  File aligned, train, test;
  std::uint64_t train_rows = 0;
  std::uint64_t test_rows = 0;
};

/// Writes the common rows, in aligned order, to the three files of a data set. Where training ends and
/// testing begins hangs on how many rows there are, which is known last; rows that may still fall on either
/// side wait in memory (test_ratio of the rows at most).
class RowsWriter {
 public:
  /// Creates the files in the staging folder. `stem` is the raw file's name without its ending.
  static Result<std::unique_ptr<RowsWriter>> create(const io::Root& datasets, const std::string& staging,
                                                    const std::string& stem, const csv::Layout& layout,
                                                    double test_ratio);

  /// Adds the next row: its line for the aligned file and for train.csv or test.csv, without line ends.
  Status add(std::string_view aligned, std::string_view values) {
    PAI_TRY(aligned_room(aligned.size()));
    put(aligned_chunk_, aligned);
    return add_values(values);
  }
  /// As `add`, for text of which 64 bytes beyond each end can be read.
  Status add_padded(std::string_view aligned, std::string_view values) {
    PAI_TRY(aligned_room(aligned.size()));
    put_padded(aligned_chunk_, aligned);
    return add_values<true>(values);
  }

  /// There will be at least this many rows.
  Status at_least(std::uint64_t rows);
  /// There are no more. Waits until all is on the disk.
  Result<WrittenFiles> finish();

  std::uint64_t rows() const { return rows_; }

 private:
  struct ValueChunk {
    Chunk chunk;
    std::uint64_t rows = 0;
  };

  RowsWriter(bool has_values, double test_ratio) : has_values_(has_values), test_ratio_(test_ratio) {}

  static void put(Chunk& chunk, std::string_view line) {
    std::memcpy(chunk.data.get() + chunk.used, line.data(), line.size());
    end_line(chunk, line.size());
  }
  static void put_padded(Chunk& chunk, std::string_view line) {
    char* const to = chunk.data.get() + chunk.used;
    copy_wide(to, line.data());  // for most lines all there is to copy, without asking for their size
    if (line.size() > kWideBytes) [[unlikely]]
      std::memcpy(to + kWideBytes, line.data() + kWideBytes, line.size() - kWideBytes);
    end_line(chunk, line.size());
  }
  static void end_line(Chunk& chunk, std::size_t size) {
    chunk.data[chunk.used + size] = '\n';
    chunk.used += size + 1;
  }

  /// Makes room for a line in the aligned file's chunk; hands over whole blocks when it is full.
  Status aligned_room(std::size_t size) {
    if (aligned_chunk_.used + size + 1 <= aligned_chunk_.room) [[likely]]
      return {};
    return renew_aligned(size);
  }
  template <bool kPadded = false>
  Status add_values(std::string_view values) {
    ++rows_;
    if (!has_values_) return {};
    if (values_.chunk.used + values.size() + 1 > values_.chunk.room) [[unlikely]]
      PAI_TRY(renew_values(values.size()));
    if constexpr (kPadded)
      put_padded(values_.chunk, values);
    else
      put(values_.chunk, values);
    ++values_.rows;
    return {};
  }

  Status renew_aligned(std::size_t size);
  Status renew_values(std::size_t size);
  Status release();
  Status write_split(std::uint64_t train_rows);

  bool has_values_;
  double test_ratio_;
  std::unique_ptr<OutputFile> aligned_, train_, test_;
  std::string aligned_name_;
  Chunk aligned_chunk_;
  ValueChunk values_;                 ///< being filled
  std::deque<ValueChunk> undecided_;  ///< full; their rows may be training or test
  std::uint64_t rows_ = 0;
  std::uint64_t train_rows_ = 0;  ///< rows given to train.csv
  std::uint64_t known_rows_ = 0;  ///< there will be at least so many
};

}  // namespace pai::client::align
