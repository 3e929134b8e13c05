#pragma once

#include <immintrin.h>

#include "client/ring/lanes.h"

namespace pai::client::ring {
namespace {

/// Four lanes. AVX2 has no product of 64-bit lanes. With a = a₁ 2^32 + a₀, a b = a₀ b₀ + (a₁ b₀ + a₀ b₁)
/// 2^32: the first is one instruction, and the other two are the 32-bit products of a with b's halves
/// exchanged; they are summed up as they come out, as 32-bit lanes, and brought together at the end.
struct Avx2Lanes : PlainLanes<4> {
  typedef std::uint32_t Halves __attribute__((vector_size(32)));

  struct Factor {
    Words words;
    Halves exchanged;
  };
  struct Sum {
    Words low;
    Halves crossed;
  };

  PAI_LANES_INLINE static Words broadcast(std::uint64_t word) {
    return (Words)_mm256_set1_epi64x(static_cast<long long>(word));
  }
  PAI_LANES_INLINE static Factor factor(const Words& words) {
    return {words, (Halves)_mm256_shuffle_epi32((__m256i)words, 0xB1)};
  }
  PAI_LANES_INLINE static Sum zero() { return {Words{}, Halves{}}; }
  PAI_LANES_INLINE static void add_product(Sum& sum, const Words& a, const Factor& b) {
    sum.low += (Words)_mm256_mul_epu32((__m256i)a, (__m256i)b.words);
    sum.crossed += (Halves)a * b.exchanged;
  }
  PAI_LANES_INLINE static Words total(const Sum& sum) {
    const auto crossed = (Words)sum.crossed;
    return sum.low + ((crossed + (crossed >> 32)) << 32);
  }
};

}  // namespace
}  // namespace pai::client::ring
