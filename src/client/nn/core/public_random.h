#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

namespace pai::client::nn {

/// Numbers that all parties draw alike from the task's public `seed`. No secret may ever come from here.
///
/// key = first 16 bytes of SHA-256("pai/v1/public" ‖ 0x00 ‖ purpose ‖ 0x00 ‖ seed ‖ counter), seed and
/// counter as 8 bytes little-endian; the stream is AES-128-CTR under the key from an all-zero counter block
/// (big-endian counter, as in SP 800-38A), read as little-endian words.
class PublicRandom {
 public:
  PublicRandom(std::uint64_t seed, std::string_view purpose, std::uint64_t counter);
  PublicRandom(PublicRandom&&) noexcept;
  PublicRandom& operator=(PublicRandom&&) noexcept;
  ~PublicRandom();

  /// The next 4 bytes of the stream, little-endian.
  std::uint32_t next_u32() {
    if (at_ == kBufferBytes) refill();
    std::uint32_t word = 0;
    for (unsigned i = 0; i < 4; ++i) word |= std::uint32_t{buffer_[at_ + i]} << (8 * i);
    at_ += 4;
    return word;
  }
  /// The next 8 bytes, little-endian.
  std::uint64_t next_u64() {
    const std::uint64_t low = next_u32();
    return low | std::uint64_t{next_u32()} << 32;
  }

  /// Uniform from 0 to bound − 1 (bound ≥ 1), without bias (Lemire): m = next_u32() · bound; while (m mod
  /// 2^32) < (2^32 mod bound), draw again; the answer is ⌊m / 2^32⌋.
  std::uint32_t below(std::uint32_t bound) {
    std::uint64_t product = std::uint64_t{next_u32()} * bound;
    if (static_cast<std::uint32_t>(product) < bound) {
      const std::uint32_t threshold = (0u - bound) % bound;
      while (static_cast<std::uint32_t>(product) < threshold) product = std::uint64_t{next_u32()} * bound;
    }
    return static_cast<std::uint32_t>(product >> 32);
  }

 private:
  static constexpr std::size_t kBufferBytes = 4096;
  struct Cipher;
  void refill();  // a multiple of 8 bytes: no word crosses the buffer's end

  std::unique_ptr<Cipher> cipher_;
  std::size_t at_ = kBufferBytes;
  std::array<std::uint8_t, kBufferBytes> buffer_;
};

}  // namespace pai::client::nn
