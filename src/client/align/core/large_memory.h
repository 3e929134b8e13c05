#pragma once

#include <cstddef>
#include <utility>

#include "common/base/result.h"

namespace pai::client::align {

/// Anonymous memory of its own, zeroed, given back whole at the end of its life. In ordinary pages: on
/// virtual machines that return free memory to their host, huge pages are the ones that were returned, and
/// each costs milliseconds to get back.
class LargeMemory {
 public:
  LargeMemory() = default;
  /// Address space for `bytes`; memory is taken as it is touched. kIo when the system refuses.
  static Result<LargeMemory> reserve(std::size_t bytes);
  LargeMemory(LargeMemory&& other) noexcept
      : base_(std::exchange(other.base_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}
  LargeMemory& operator=(LargeMemory&& other) noexcept {
    std::swap(base_, other.base_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~LargeMemory();

  /// Takes the memory for these bytes at once, which is cheaper than a fault a page. Only speed hangs on it.
  void populate(std::size_t begin, std::size_t bytes) const;

  char* data() const { return static_cast<char*>(base_); }
  template <class T>
  T* as() const {
    return static_cast<T*>(base_);
  }

 private:
  void* base_ = nullptr;
  std::size_t bytes_ = 0;
};

}  // namespace pai::client::align
