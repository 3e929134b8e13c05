#pragma once

#include <cstddef>
#include <utility>

#include "common/base/result.h"

namespace pai::client::align {

/// Anonymous memory of its own, in huge pages where the system has them: touched in random order, ordinary pages would cost more in
/// address translation than in data. Zeroed, aligned to 2 MiB, given back whole at the end of its life.
class LargeMemory {
 public:
  LargeMemory() = default;
  /// Address space for `bytes`; memory is taken as it is touched. kIo when the system refuses.
  static Result<LargeMemory> reserve(std::size_t bytes);
  LargeMemory(LargeMemory&& other) noexcept
      : base_(std::exchange(other.base_, nullptr)), bytes_(std::exchange(other.bytes_, 0)), begin_(std::exchange(other.begin_, nullptr)) {}
  LargeMemory& operator=(LargeMemory&& other) noexcept {
    std::swap(base_, other.base_);
    std::swap(bytes_, other.bytes_);
    std::swap(begin_, other.begin_);
    return *this;
  }
  ~LargeMemory();

  char* data() const { return begin_; }
  template <class T>
  T* as() const { return reinterpret_cast<T*>(begin_); }

 private:
  void* base_ = nullptr;
  std::size_t bytes_ = 0;
  char* begin_ = nullptr;
};

}  // namespace pai::client::align
