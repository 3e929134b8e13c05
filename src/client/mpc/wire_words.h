#pragma once

#include <bit>
#include <cstring>
#include <span>
#include <string>

#include "client/ring/matrix.h"

namespace pai::client::mpc {

static_assert(std::endian::native == std::endian::little, "words travel as they lie in memory");

inline void set_words(std::string& bytes, std::span<const ring::Word> words) {
  bytes.assign(reinterpret_cast<const char*>(words.data()), words.size_bytes());
}

/// False when the bytes are not exactly `words.size()` words.
[[nodiscard]] inline bool get_words(const std::string& bytes, std::span<ring::Word> words) {
  if (bytes.size() != words.size_bytes()) return false;
  std::memcpy(words.data(), bytes.data(), bytes.size());
  return true;
}

}  // namespace pai::client::mpc
