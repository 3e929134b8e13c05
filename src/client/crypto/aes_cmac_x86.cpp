// AES-128-CMAC with the processor's AES instructions. The latency of a round is several cycles and its
// throughput one or two per cycle, so independent messages are worked on side by side: eight with AES-NI,
// sixteen with VAES.
#if defined(__x86_64__)

#include <immintrin.h>
#include <algorithm>
#include <cstring>

#include "client/crypto/aes_cmac.h"

namespace pai::client::crypto::detail {
namespace {

std::size_t blocks_of(std::string_view message) {
  return message.empty() ? 1 : (message.size() + 15) / 16;
}

std::uint64_t load_u64(const char* at) {
  std::uint64_t word;
  std::memcpy(&word, at, 8);
  return word;
}

/// The first `size` (under 16) bytes at `at`, then 0x80, then zeros; reads nothing beyond them.
__attribute__((target("sse4.1"))) __m128i load_padded(const char* at, std::size_t size) {
  std::uint64_t low = 0, high = 0;
  if (size >= 8) {
    low = load_u64(at);
    if (size > 8) high = load_u64(at + size - 8) >> (8 * (16 - size));
    high |= std::uint64_t{0x80} << (8 * (size - 8));
  } else {
    for (std::size_t i = 0; i < size; ++i)
      low |= static_cast<std::uint64_t>(static_cast<unsigned char>(at[i])) << (8 * i);
    low |= std::uint64_t{0x80} << (8 * size);
  }
  return _mm_set_epi64x(static_cast<long long>(high), static_cast<long long>(low));
}

constexpr std::size_t kLanes = 8;

__attribute__((target("aes,sse4.1"))) void aesni_group(const CmacSchedule& schedule,
                                                       const std::string_view* messages, std::size_t count,
                                                       Mac16* out) {
  __m128i keys[11];
  for (std::size_t i = 0; i < 11; ++i)
    keys[i] = _mm_load_si128(reinterpret_cast<const __m128i*>(schedule.rounds[i].data()));
  const __m128i whole = _mm_load_si128(reinterpret_cast<const __m128i*>(schedule.whole.data()));
  const __m128i partial = _mm_load_si128(reinterpret_cast<const __m128i*>(schedule.partial.data()));
  __m128i state[kLanes], next[kLanes];
  std::size_t blocks[kLanes] = {};
  std::size_t steps = 1;
  for (std::size_t i = 0; i < kLanes; ++i) {
    state[i] = next[i] = _mm_setzero_si128();
    if (i < count) steps = std::max(steps, blocks[i] = blocks_of(messages[i]));
  }
  for (std::size_t step = 0; step < steps; ++step) {
    for (std::size_t i = 0; i < count; ++i) {
      if (step >= blocks[i]) continue;
      const char* at = messages[i].data() + step * 16;
      const std::size_t left = messages[i].size() - step * 16;
      __m128i block =
          left >= 16 ? _mm_loadu_si128(reinterpret_cast<const __m128i*>(at)) : load_padded(at, left);
      if (left <= 16) block = _mm_xor_si128(block, left == 16 ? whole : partial);
      next[i] = _mm_xor_si128(_mm_xor_si128(state[i], block), keys[0]);
    }
    for (std::size_t round = 1; round < 10; ++round) {
      for (auto& lane : next) lane = _mm_aesenc_si128(lane, keys[round]);
    }
    for (std::size_t i = 0; i < kLanes; ++i) {
      const __m128i done = _mm_aesenclast_si128(next[i], keys[10]);
      if (step < blocks[i]) state[i] = done;
    }
  }
  for (std::size_t i = 0; i < count; ++i)
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out[i].data()), state[i]);
}

#define PAI_VAES __attribute__((target("vaes,avx512f,avx512bw,avx512vl")))

constexpr std::size_t kWideLanes = 16;

/// One step of sixteen messages: the blocks at `at` bytes, in four registers; lanes whose message has ended
/// stay as they are.
PAI_VAES void vaes_step(const CmacSchedule& schedule, const std::string_view* messages, std::size_t count,
                        std::size_t at, __m512i state[4]) {
  const __m128i whole = _mm_load_si128(reinterpret_cast<const __m128i*>(schedule.whole.data()));
  const __m128i partial = _mm_load_si128(reinterpret_cast<const __m128i*>(schedule.partial.data()));
  alignas(64) __m128i blocks[kWideLanes];
  unsigned active = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (at != 0 && at >= messages[i].size()) {
      blocks[i] = _mm_setzero_si128();
      continue;
    }
    active |= 1U << i;
    const std::size_t left = messages[i].size() - at;
    const char* from = messages[i].data() + at;
    if (left >= 16) {
      blocks[i] = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
      if (left == 16) blocks[i] = _mm_xor_si128(blocks[i], whole);
    } else {
      const auto bit = 1U << left;
      const __m128i text = _mm_maskz_loadu_epi8(static_cast<__mmask16>(bit - 1), from);
      blocks[i] = _mm_xor_si128(
          _mm_mask_set1_epi8(text, static_cast<__mmask16>(bit), static_cast<char>(0x80)), partial);
    }
  }
  __m512i lanes[4];
  const auto key = [&](std::size_t round) PAI_VAES {
    // The plain form of this intrinsic makes GCC 12 warn about its own header.
    return _mm512_maskz_broadcast_i32x4(
        0xFFFF, _mm_load_si128(reinterpret_cast<const __m128i*>(schedule.rounds[round].data())));
  };
  for (std::size_t i = 0; i < 4; ++i) {
    lanes[i] = _mm512_xor_si512(_mm512_xor_si512(_mm512_load_si512(blocks + 4 * i), state[i]), key(0));
  }
  for (std::size_t round = 1; round < 10; ++round) {
    const __m512i round_key = key(round);
    for (auto& lane : lanes) lane = _mm512_aesenc_epi128(lane, round_key);
  }
  for (std::size_t i = 0; i < 4; ++i) {
    const unsigned four = active >> (4 * i) & 15;
    // Each lane is two 64-bit words of the mask.
    const unsigned words =
        (four & 1) * 3 | (four >> 1 & 1) * 12 | (four >> 2 & 1) * 48 | (four >> 3 & 1) * 192;
    state[i] = _mm512_mask_mov_epi64(state[i], static_cast<__mmask8>(words),
                                     _mm512_aesenclast_epi128(lanes[i], key(10)));
  }
}

}  // namespace

void cmac_aesni(const CmacSchedule& schedule, std::span<const std::string_view> messages, Mac16* out) {
  for (std::size_t at = 0; at < messages.size(); at += kLanes) {
    aesni_group(schedule, messages.data() + at, std::min(kLanes, messages.size() - at), out + at);
  }
}

PAI_VAES void cmac_vaes(const CmacSchedule& schedule, std::span<const std::string_view> messages,
                        Mac16* out) {
  for (std::size_t base = 0; base < messages.size(); base += kWideLanes) {
    const std::size_t count = std::min(kWideLanes, messages.size() - base);
    std::size_t steps = 1;
    for (std::size_t i = 0; i < count; ++i) steps = std::max(steps, blocks_of(messages[base + i]));
    __m512i state[4];
    for (auto& lanes : state) lanes = _mm512_setzero_si512();
    for (std::size_t step = 0; step < steps; ++step)
      vaes_step(schedule, messages.data() + base, count, step * 16, state);
    if (count == kWideLanes) {
      for (std::size_t i = 0; i < 4; ++i) _mm512_storeu_si512(out + base + 4 * i, state[i]);
    } else {
      std::memcpy(out + base, state, count * sizeof(Mac16));
    }
  }
}

}  // namespace pai::client::crypto::detail

#endif
