#include "common/csv/classify.h"

#include <bit>
#include <cstring>
#include <vector>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace pai::csv {
namespace detail {
namespace {

constexpr std::uint64_t kOnes = 0x0101010101010101;
constexpr std::uint64_t kHighs = 0x8080808080808080;

/// 0x80 in each byte of `word` that is zero, exactly (no carries between bytes).
std::uint64_t zero_bytes(std::uint64_t word) {
  return ~(((word & ~kHighs) + ~kHighs) | word | ~kHighs);
}

/// Bit i of the result is the high bit of byte i.
std::uint64_t gather(std::uint64_t highs) {
  return ((highs >> 7) * 0x0102040810204080) >> 56;
}

}  // namespace

unsigned classify_portable(const char* text, std::size_t blocks, BlockMasks* masks) {
  unsigned kinds = 0;
  for (std::size_t block = 0; block < blocks; ++block) {
    BlockMasks out{};
    std::uint64_t high = 0, nul = 0;
    for (unsigned i = 0; i < 8; ++i) {
      std::uint64_t word;
      std::memcpy(&word, text + block * 64 + i * 8, 8);
      if constexpr (std::endian::native == std::endian::big) word = __builtin_bswap64(word);
      out.comma |= gather(zero_bytes(word ^ kOnes * ',')) << (i * 8);
      out.newline |= gather(zero_bytes(word ^ kOnes * '\n')) << (i * 8);
      out.quote |= gather(zero_bytes(word ^ kOnes * '"')) << (i * 8);
      out.carriage |= gather(zero_bytes(word ^ kOnes * '\r')) << (i * 8);
      nul |= zero_bytes(word);
      high |= word & kHighs;
    }
    kinds |= (out.quote ? kHasQuote : 0U) | (out.carriage ? kHasCarriage : 0U) | (nul ? kHasNul : 0U) |
             (high ? kHasHigh : 0U);
    masks[block] = out;
  }
  return kinds;
}

#if defined(__x86_64__)

__attribute__((target("avx2"))) unsigned classify_avx2(const char* text, std::size_t blocks,
                                                       BlockMasks* masks) {
  const __m256i comma = _mm256_set1_epi8(','), newline = _mm256_set1_epi8('\n');
  const __m256i quote = _mm256_set1_epi8('"'), carriage = _mm256_set1_epi8('\r');
  std::uint64_t any_quote = 0, any_carriage = 0;
  __m256i any_byte = _mm256_setzero_si256(), any_zero = _mm256_setzero_si256();
  for (std::size_t block = 0; block < blocks; ++block) {
    const auto* at = reinterpret_cast<const __m256i*>(text + block * 64);
    const __m256i low = _mm256_loadu_si256(at), high = _mm256_loadu_si256(at + 1);
    BlockMasks out;
#define PAI_MASK64(byte)                                                                \
  (static_cast<std::uint32_t>(_mm256_movemask_epi8(_mm256_cmpeq_epi8(low, byte))) |     \
   static_cast<std::uint64_t>(                                                          \
       static_cast<std::uint32_t>(_mm256_movemask_epi8(_mm256_cmpeq_epi8(high, byte)))) \
       << 32)
    out.comma = PAI_MASK64(comma);
    out.newline = PAI_MASK64(newline);
    out.quote = PAI_MASK64(quote);
    out.carriage = PAI_MASK64(carriage);
#undef PAI_MASK64
    any_quote |= out.quote;
    any_carriage |= out.carriage;
    any_byte = _mm256_or_si256(any_byte, _mm256_or_si256(low, high));
    any_zero =
        _mm256_or_si256(any_zero, _mm256_cmpeq_epi8(_mm256_min_epu8(low, high), _mm256_setzero_si256()));
    masks[block] = out;
  }
  return (any_quote ? kHasQuote : 0U) | (any_carriage ? kHasCarriage : 0U) |
         (_mm256_movemask_epi8(any_zero) ? kHasNul : 0U) | (_mm256_movemask_epi8(any_byte) ? kHasHigh : 0U);
}

__attribute__((target("avx512bw"))) unsigned classify_avx512(const char* text, std::size_t blocks,
                                                             BlockMasks* masks) {
  const __m512i comma = _mm512_set1_epi8(','), newline = _mm512_set1_epi8('\n');
  const __m512i quote = _mm512_set1_epi8('"'), carriage = _mm512_set1_epi8('\r');
  std::uint64_t any_quote = 0, any_carriage = 0;
  __m512i any_byte = _mm512_setzero_si512(), least = _mm512_set1_epi8(-1);
  for (std::size_t block = 0; block < blocks; ++block) {
    const __m512i bytes = _mm512_loadu_si512(text + block * 64);
    BlockMasks out;
    out.comma = _mm512_cmpeq_epi8_mask(bytes, comma);
    out.newline = _mm512_cmpeq_epi8_mask(bytes, newline);
    out.quote = _mm512_cmpeq_epi8_mask(bytes, quote);
    out.carriage = _mm512_cmpeq_epi8_mask(bytes, carriage);
    any_quote |= out.quote;
    any_carriage |= out.carriage;
    any_byte = _mm512_or_si512(any_byte, bytes);
    least = _mm512_min_epu8(least, bytes);
    masks[block] = out;
  }
  return (any_quote ? kHasQuote : 0U) | (any_carriage ? kHasCarriage : 0U) |
         (_mm512_cmpeq_epi8_mask(least, _mm512_setzero_si512()) ? kHasNul : 0U) |
         (_mm512_movepi8_mask(any_byte) ? kHasHigh : 0U);
}

#endif

}  // namespace detail

std::span<const Classifier> classifiers() {
  static const std::vector<Classifier> found = [] {
    std::vector<Classifier> list;
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512bw")) list.push_back({"avx512bw", detail::classify_avx512});
    if (__builtin_cpu_supports("avx2")) list.push_back({"avx2", detail::classify_avx2});
#endif
    list.push_back({"portable", detail::classify_portable});
    return list;
  }();
  return found;
}

}  // namespace pai::csv
