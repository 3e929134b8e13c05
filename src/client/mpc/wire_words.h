#pragma once

#include <algorithm>
#include <bit>
#include <span>
#include <string>

#include "client/ring/matrix.h"
#include "common/base/result.h"

namespace pai::client::mpc {

/// What goes in one message, 16 MiB: far below the channel's limit, and large enough that a message more costs nothing. Both sides cut what
/// is longer alike.
inline constexpr std::size_t kMessageWordsMax = std::size_t{1} << 21;
inline constexpr std::size_t kMessageBytesMax = kMessageWordsMax * sizeof(ring::Word);

static_assert(std::endian::native == std::endian::little, "words travel as they lie in memory");

inline void set_words(std::string& bytes, std::span<const ring::Word> words) {
  bytes.assign(reinterpret_cast<const char*>(words.data()), words.size_bytes());
}

/// False when the bytes are not exactly `words.size()` words.
[[nodiscard]] inline bool get_words(const std::string& bytes, std::span<ring::Word> words) {
  if (bytes.size() != words.size_bytes()) return false;
  std::copy_n(bytes.data(), bytes.size(), reinterpret_cast<char*>(words.data()));
  return true;
}

/// Calls `part` with one piece of a span after the other, each of up to `size_max` elements for a message of its own; once for none. Stops at
/// the first failure.
template <class Span, class Part>
Status for_each_part(Span span, std::size_t size_max, Part part) {
  do {
    const auto size = std::min(span.size(), size_max);
    PAI_TRY(part(span.first(size)));
    span = span.subspan(size);
  } while (!span.empty());
  return {};
}
template <class Words, class Part>
Status for_each_part(Words words, Part part) {
  return for_each_part(words, kMessageWordsMax, part);
}

}  // namespace pai::client::mpc
