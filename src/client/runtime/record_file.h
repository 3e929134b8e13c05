#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/io/files.h"

namespace pai::client {

/// `record.csv` of a task directory while its training runs. `append` belongs to one thread; `sync` may come
/// from another.
class RecordFile {
 public:
  /// Begins the file: with its header alone, or, with `keep_until`, after the rows of the run before that
  /// have at most that many batches. Rows of other columns, and what follows a damaged line, are not kept.
  static Result<RecordFile> start(const io::Root& folder, const std::vector<std::string>& columns,
                                  std::optional<std::uint64_t> keep_until);

  /// The rows that were kept.
  const std::vector<std::vector<double>>& kept() const { return kept_; }
  /// Hands the line to the system: it outlives this process, and after `sync` the machine's power.
  Status append(std::span<const double> row);
  Status sync() const;

 private:
  RecordFile(io::Fd fd, std::vector<std::vector<double>> kept) : fd_(std::move(fd)), kept_(std::move(kept)) {}

  io::Fd fd_;
  std::vector<std::vector<double>> kept_;
};

}  // namespace pai::client
