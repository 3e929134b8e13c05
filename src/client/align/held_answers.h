#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "common/io/files.h"
#include "pai/v1/alignment.pb.h"

namespace pai::client::align {

/// Answers that may not leave main yet: in memory up to a bound, beyond it in an unnamed file.
class HeldAnswers {
 public:
  /// `scratch` is the folder that takes the file.
  explicit HeldAnswers(const io::Root& scratch, std::size_t memory_bytes_max = std::size_t{16} << 20)
      : scratch_(scratch), memory_bytes_max_(memory_bytes_max) {}

  Status add(int peer, const v1::MatchBits& answer);
  /// Hands out all in the order of adding, and forgets them.
  Status release(const std::function<Status(int peer, v1::MatchBits answer)>& send);

 private:
  struct Entry {
    int peer;
    std::string bytes;       ///< empty when it is in the file
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
  };
  const io::Root& scratch_;
  std::size_t memory_bytes_max_;
  std::size_t memory_bytes_ = 0;
  std::uint64_t file_bytes_ = 0;
  io::Fd file_;
  std::vector<Entry> entries_;
};

}  // namespace pai::client::align
