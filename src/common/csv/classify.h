#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace pai::csv {

/// Where the bytes that structure a table stand in 64 bytes of text; bit i is byte i.
struct BlockMasks {
  std::uint64_t comma;
  std::uint64_t newline;
  std::uint64_t quote;
  std::uint64_t carriage;
};

/// Kinds of byte that occur anywhere in the classified text.
enum ByteKinds : unsigned { kHasQuote = 1, kHasCarriage = 2, kHasNul = 4, kHasHigh = 8 };

/// Classifies `blocks` × 64 bytes at `text` (any alignment) and returns the ByteKinds that occur.
using Classify = unsigned (*)(const char* text, std::size_t blocks, BlockMasks* masks);

struct Classifier {
  std::string_view name;
  Classify classify;
};

/// The classifiers that this machine can run, the fastest first; the last one is portable. All give the same
/// masks.
std::span<const Classifier> classifiers();

namespace detail {
unsigned classify_portable(const char* text, std::size_t blocks, BlockMasks* masks);
#if defined(__x86_64__)
unsigned classify_avx2(const char* text, std::size_t blocks, BlockMasks* masks);
unsigned classify_avx512(const char* text, std::size_t blocks, BlockMasks* masks);
#endif
}  // namespace detail

}  // namespace pai::csv
