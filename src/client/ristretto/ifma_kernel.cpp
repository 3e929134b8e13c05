#include "client/ristretto/kernel.h"

#if defined(__x86_64__)

#include <cstring>

#include "client/ristretto/ifma_ristretto.h"

namespace pai::client::ristretto {
namespace {

using namespace ifma;

/// Vectors that share one division at the end.
constexpr int kVectors = 16;
constexpr std::size_t kBlock = kVectors * kLanes;

std::size_t least(std::size_t a, std::size_t b) {
  return a < b ? a : b;
}
int vectors_for(std::size_t elements) {
  return static_cast<int>((elements + kLanes - 1) / kLanes);
}

/// exponent / 2 modulo the group order (as encode_doubles doubles), in constant time.
struct HalvedExponent {
  explicit HalvedExponent(const std::uint8_t* exponent) {
    static constexpr std::uint64_t kOrder[4] = {0x5812631a5cf5d3ed, 0x14def9dea2f79cd6, 0,
                                                0x1000000000000000};
    std::uint64_t word[4];
    std::memcpy(word, exponent, sizeof word);
    const std::uint64_t odd = 0 - (word[0] & 1);
    unsigned __int128 sum = 0;
    for (int i = 0; i < 4; ++i) {  // an odd exponent becomes even by adding the order; both are below 2^253
      sum += static_cast<unsigned __int128>(word[i]) + (kOrder[i] & odd);
      word[i] = static_cast<std::uint64_t>(sum);
      sum >>= 64;
    }
    for (int i = 0; i < 4; ++i) word[i] = word[i] >> 1 | (i < 3 ? word[i + 1] << 63 : 0);
    std::memcpy(bytes, word, sizeof bytes);
    sodium_memzero(word, sizeof word);
  }
  HalvedExponent(const HalvedExponent&) = delete;
  HalvedExponent& operator=(const HalvedExponent&) = delete;
  ~HalvedExponent() { sodium_memzero(bytes, sizeof bytes); }

  std::uint8_t bytes[32];
};

/// Room for one block, kept across blocks.
struct Workspace {
  Extended points[kVectors];
  Completed results[kVectors];
  Doubled scratch[kVectors];
  Field prefix[kVectors];
  std::uint8_t encoded[32 * kBlock];
};

/// The encodings of exponent·points for n vectors, in `encoded`.
PAI_IFMA void multiply_block(const Digits& half_exponent, Workspace& space, int n) {
  for (int k = 0; k < n; ++k) space.results[k] = multiply_point(half_exponent, space.points[k]);
  encode_doubles(space.results, n, space.scratch, space.prefix, space.encoded);
}

PAI_IFMA std::size_t multiply_all(const std::uint8_t* exponent, const std::uint8_t* points, std::size_t count,
                                  std::uint8_t* out) {
  const HalvedExponent half(exponent);
  const Digits digits(half.bytes);
  Workspace space;
  for (std::size_t first = 0; first < count; first += kBlock) {
    const std::size_t elements = least(kBlock, count - first);
    const int n = vectors_for(elements);
    std::memset(space.encoded, 0, sizeof space.encoded);
    std::memcpy(space.encoded, points + 32 * first, 32 * elements);
    __mmask8 good[kVectors];
    for (int k = 0; k < n; k += kTogether) {
      const int together = n - k < kTogether ? n - k : kTogether;
      decode(space.encoded + 32 * kLanes * k, together, space.points + k, good + k);
    }
    std::size_t valid = 0;
    while (valid < elements && (good[valid / kLanes] >> (valid % kLanes) & 1) != 0) ++valid;
    multiply_block(digits, space, n);
    std::memcpy(out + 32 * first, space.encoded, 32 * valid);
    if (valid < elements) return first + valid;
  }
  return count;
}

PAI_IFMA void map_and_multiply_all(const std::uint8_t* exponent, const std::uint8_t* uniform,
                                   std::size_t count, std::uint8_t* out) {
  const HalvedExponent half(exponent);
  const Digits digits(half.bytes);
  Workspace space;
  for (std::size_t first = 0; first < count; first += kBlock) {
    const std::size_t elements = least(kBlock, count - first);
    const int n = vectors_for(elements);
    for (int k = 0; k < n; k += kTogether / 2) {
      const int together = n - k < kTogether / 2 ? n - k : kTogether / 2;
      std::uint8_t input[64 * kLanes * kTogether / 2] = {};
      const std::size_t from = first + static_cast<std::size_t>(k) * kLanes;
      std::memcpy(input, uniform + 64 * from,
                  64 * least(static_cast<std::size_t>(together) * kLanes, count - from));
      map_uniform(input, together, space.points + k);
    }
    multiply_block(digits, space, n);
    std::memcpy(out + 32 * first, space.encoded, 32 * elements);
  }
}

bool supported() {
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512ifma");
}

}  // namespace

const Kernel* ifma_kernel() {
  static constexpr Kernel kernel{"avx512-ifma", multiply_all, map_and_multiply_all};
  static const bool usable = supported();
  return usable ? &kernel : nullptr;
}

}  // namespace pai::client::ristretto

#else

namespace pai::client::ristretto {

const Kernel* ifma_kernel() {
  return nullptr;
}

}  // namespace pai::client::ristretto

#endif
