#pragma once

#include <cstddef>
#include <span>
#include <utility>

#include "client/ring/matrix.h"
#include "common/base/result.h"
#include "common/io/files.h"

namespace pai::client::nn {

/// Many words of their own, zeroed, left out of core dumps: in memory, or in a nameless file below `folder` that is mapped.
class LargeWords {
 public:
  LargeWords() = default;
  /// kIo when the system refuses memory or disk.
  static Result<LargeWords> in_memory(std::size_t words);
  static Result<LargeWords> on_disk(std::size_t words, const io::Root& folder);

  LargeWords(LargeWords&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), words_(std::exchange(other.words_, 0)) {}
  LargeWords& operator=(LargeWords&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(words_, other.words_);
    return *this;
  }
  ~LargeWords();

  std::span<ring::Word> words() const { return {data_, words_}; }

 private:
  static Result<LargeWords> map(std::size_t words, int flags, int fd);
  ring::Word* data_ = nullptr;
  std::size_t words_ = 0;
};

}  // namespace pai::client::nn
