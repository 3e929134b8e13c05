// Counter mode with the processor's AES instructions. The latency of a round is several cycles and its
// throughput two a cycle, so eight registers of blocks are worked on side by side: 8 blocks with AES-NI, 16
// with VAES in 256-bit registers (512-bit ones are no faster where both exist).
#if defined(__x86_64__)

#include <immintrin.h>
#include <algorithm>

#include "client/crypto/secret.h"
#include "client/ring/key_stream.h"

namespace pai::client::ring {
namespace {

#define PAI_AESNI __attribute__((target("aes,sse4.1")))
#define PAI_VAES __attribute__((target("vaes,avx2,aes")))

constexpr std::size_t kRegisters = 8;

/// Round keys, wiped when they are done with.
struct RoundKeys {
  __m128i rounds[11];

  RoundKeys() = default;
  RoundKeys(const RoundKeys&) = delete;
  RoundKeys& operator=(const RoundKeys&) = delete;
  ~RoundKeys() { crypto::wipe({reinterpret_cast<std::uint8_t*>(rounds), sizeof rounds}); }
};

template <int constant>
PAI_AESNI inline __m128i next_round(__m128i key) {
  const __m128i word = _mm_shuffle_epi32(_mm_aeskeygenassist_si128(key, constant), 0xFF);
  key = _mm_xor_si128(key, _mm_slli_si128(key, 4));
  key = _mm_xor_si128(key, _mm_slli_si128(key, 8));
  return _mm_xor_si128(key, word);
}

PAI_AESNI void expand_key(const AesKey& key, RoundKeys& keys) {
  auto& rounds = keys.rounds;
  rounds[0] = _mm_loadu_si128(reinterpret_cast<const __m128i*>(key.data()));
  rounds[1] = next_round<0x01>(rounds[0]);
  rounds[2] = next_round<0x02>(rounds[1]);
  rounds[3] = next_round<0x04>(rounds[2]);
  rounds[4] = next_round<0x08>(rounds[3]);
  rounds[5] = next_round<0x10>(rounds[4]);
  rounds[6] = next_round<0x20>(rounds[5]);
  rounds[7] = next_round<0x40>(rounds[6]);
  rounds[8] = next_round<0x80>(rounds[7]);
  rounds[9] = next_round<0x1B>(rounds[8]);
  rounds[10] = next_round<0x36>(rounds[9]);
}

/// Each group writes, or adds to, the words of its blocks from number `block` on.
struct AesniGroup {
  static constexpr std::size_t kWords = 2 * kRegisters;

  template <bool adds>
  PAI_AESNI static void run(const RoundKeys& keys, std::uint64_t block, Word* words) {
    __m128i states[kRegisters];
#pragma GCC unroll 8
    for (std::size_t i = 0; i < kRegisters; ++i) {
      const auto number = static_cast<long long>(__builtin_bswap64(block + i));
      states[i] = _mm_xor_si128(_mm_set_epi64x(number, 0), keys.rounds[0]);
    }
#pragma GCC unroll 9
    for (std::size_t round = 1; round < 10; ++round) {
#pragma GCC unroll 8
      for (auto& state : states) state = _mm_aesenc_si128(state, keys.rounds[round]);
    }
#pragma GCC unroll 8
    for (std::size_t i = 0; i < kRegisters; ++i) {
      auto* to = reinterpret_cast<__m128i*>(words) + i;
      __m128i out = _mm_aesenclast_si128(states[i], keys.rounds[10]);
      if (adds) out = _mm_add_epi64(out, _mm_loadu_si128(to));
      _mm_storeu_si128(to, out);
    }
  }
};

struct VaesGroup {
  static constexpr std::size_t kWords = 4 * kRegisters;

  template <bool adds>
  PAI_VAES static void run(const RoundKeys& keys, std::uint64_t block, Word* words) {
    const __m256i big_endian = _mm256_set_epi8(8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7,  //
                                               8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7);
    const auto number = static_cast<long long>(block);
    __m256i numbers = _mm256_set_epi64x(number + 1, 0, number, 0);
    const __m256i two = _mm256_set_epi64x(2, 0, 2, 0);
    __m256i states[kRegisters];
    const __m256i whitening = _mm256_broadcastsi128_si256(keys.rounds[0]);
#pragma GCC unroll 8
    for (auto& state : states) {
      state = _mm256_xor_si256(_mm256_shuffle_epi8(numbers, big_endian), whitening);
      numbers = _mm256_add_epi64(numbers, two);
    }
#pragma GCC unroll 9
    for (std::size_t round = 1; round < 10; ++round) {
      const __m256i key = _mm256_broadcastsi128_si256(keys.rounds[round]);
#pragma GCC unroll 8
      for (auto& state : states) state = _mm256_aesenc_epi128(state, key);
    }
    const __m256i last = _mm256_broadcastsi128_si256(keys.rounds[10]);
#pragma GCC unroll 8
    for (std::size_t i = 0; i < kRegisters; ++i) {
      auto* to = reinterpret_cast<__m256i*>(words) + i;
      __m256i out = _mm256_aesenclast_epi128(states[i], last);
      if (adds) out = _mm256_add_epi64(out, _mm256_loadu_si256(to));
      _mm256_storeu_si256(to, out);
    }
  }
};

template <class Group, bool adds>
void stream(const AesKey& key, std::uint64_t first, std::span<Word> words) {
  RoundKeys keys;
  expand_key(key, keys);
  Word buffer[Group::kWords];  // for what does not start or end with a group
  bool buffered = false;
  while (!words.empty()) {
    const std::size_t skip = first % 2;
    std::size_t count = Group::kWords;
    if (skip == 0 && words.size() >= count) {
      Group::template run<adds>(keys, first / 2, words.data());
    } else {
      Group::template run<false>(keys, first / 2, buffer);
      count = std::min(count - skip, words.size());
      for (std::size_t i = 0; i < count; ++i)
        words[i] = adds ? words[i] + buffer[skip + i] : buffer[skip + i];
      buffered = true;
    }
    first += count;
    words = words.subspan(count);
  }
  if (buffered) crypto::wipe({reinterpret_cast<std::uint8_t*>(buffer), sizeof buffer});
}

}  // namespace

void aesni_fill(const AesKey& key, std::uint64_t first, std::span<Word> words) {
  stream<AesniGroup, false>(key, first, words);
}
void aesni_add(const AesKey& key, std::uint64_t first, std::span<Word> words) {
  stream<AesniGroup, true>(key, first, words);
}
void vaes_fill(const AesKey& key, std::uint64_t first, std::span<Word> words) {
  stream<VaesGroup, false>(key, first, words);
}
void vaes_add(const AesKey& key, std::uint64_t first, std::span<Word> words) {
  stream<VaesGroup, true>(key, first, words);
}

}  // namespace pai::client::ring

#endif
