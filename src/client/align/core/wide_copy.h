#pragma once

#include <cstddef>
#include <cstring>

namespace pai::client::align {

inline constexpr std::size_t kWideBytes = 64;

/// Copies 64 bytes in registers. One memcpy of that size becomes a string instruction in GCC 12, whose start
/// costs more than the copy.
inline void copy_wide(char* to, const char* from) {
  for (std::size_t i = 0; i < kWideBytes; i += 16) {
    struct Register {
      char bytes[16];
    } bytes;
    std::memcpy(&bytes, from + i, sizeof bytes);
    std::memcpy(to + i, &bytes, sizeof bytes);
  }
}

}  // namespace pai::client::align
