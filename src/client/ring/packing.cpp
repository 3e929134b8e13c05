// Words are written through a register of pending bits. They are read where they are: a word of up to 56 bits
// is in the eight bytes from the one where it starts, a longer one in nine. The end, where that would reach
// too far, goes through a register too.

#include <algorithm>
#include <bit>
#include <cstring>

#include "client/ring/words.h"
#include "common/base/check.h"

namespace pai::client::ring {
namespace {

static_assert(std::endian::native == std::endian::little, "packed words are little-endian");

constexpr int kShortBits = 56;

Word low_bits(int bits) {
  return ~Word{0} >> (64 - bits);
}

/// The first word starts `skip` (below 8) bits into the bytes.
void unpack_carefully(std::span<const std::uint8_t> bytes, int skip, int bits, std::span<Word> words) {
  const std::uint8_t* from = bytes.data();
  std::size_t left = bytes.size();
  Word pending = 0;
  int filled = 0;
  if (skip > 0 && left > 0) {
    pending = *from++ >> skip;
    filled = 8 - skip;
    --left;
  }
  for (Word& word : words) {
    if (filled >= bits) {
      word = pending & low_bits(bits);
      pending >>= bits;
      filled -= bits;
      continue;
    }
    Word next = 0;
    const std::size_t count = std::min<std::size_t>(left, 8);
    std::memcpy(&next, from, count);
    from += count;
    left -= count;
    word = (pending | next << filled) & low_bits(bits);
    const int used = bits - filled;
    pending = used == 64 ? 0 : next >> used;
    filled = static_cast<int>(count) * 8 - used;
  }
}

/// Words of 1 to 7 whole bytes: eight bytes are written at each, the next word's over those that are too many, and the last words with care.
void pack_bytes(std::span<const Word> words, std::size_t size, std::uint8_t* to) {
  const std::size_t careful = std::min<std::size_t>(words.size(), 7 / size + 1);
  std::size_t i = 0;
  for (; i < words.size() - careful; ++i, to += size) std::memcpy(to, &words[i], 8);
  for (; i < words.size(); ++i, to += size) std::memcpy(to, &words[i], size);
}

/// By the compiler's vectors.
void pack_halves(std::span<const Word> words, std::uint8_t* to) {
  for (std::size_t i = 0; i < words.size(); ++i) {
    const auto half = static_cast<std::uint32_t>(words[i]);
    std::memcpy(to + 4 * i, &half, 4);
  }
}

void unpack_halves(const std::uint8_t* from, std::span<Word> words) {
  for (std::size_t i = 0; i < words.size(); ++i) {
    std::uint32_t half;
    std::memcpy(&half, from + 4 * i, 4);
    words[i] = half;
  }
}

void check_sizes(std::size_t words, int bits, std::size_t bytes) {
  PAI_CHECK(bits >= 1 && bits <= 64, "a word has 1 to 64 bits");
  PAI_CHECK(bytes == packed_bytes(words, bits), "the packed words have another size");
}

}  // namespace

void pack(std::span<const Word> words, int bits, std::span<std::uint8_t> bytes) {
  check_sizes(words.size(), bits, bytes.size());
  if (words.empty()) return;
  if (bits == 64) {
    std::memcpy(bytes.data(), words.data(), bytes.size());
    return;
  }
  if (bits == 32) return pack_halves(words, bytes.data());
  if (bits % 8 == 0) return pack_bytes(words, static_cast<std::size_t>(bits / 8), bytes.data());
  std::uint8_t* to = bytes.data();
  const Word mask = low_bits(bits);
  Word pending = 0;  // the lowest `filled` bits are not written yet; 0 <= filled < 64
  int filled = 0;
  for (Word word : words) {
    word &= mask;
    pending |= word << filled;
    filled += bits;
    if (filled < 64) continue;
    std::memcpy(to, &pending, 8);
    to += 8;
    filled -= 64;
    pending = filled == 0 ? 0 : word >> (bits - filled);
  }
  std::memcpy(to, &pending, static_cast<std::size_t>(filled + 7) / 8);
}

void unpack(std::span<const std::uint8_t> bytes, int bits, std::span<Word> words) {
  check_sizes(words.size(), bits, bytes.size());
  if (words.empty()) return;
  if (bits == 64) {
    std::memcpy(words.data(), bytes.data(), bytes.size());
    return;
  }
  if (bits == 32) return unpack_halves(bytes.data(), words);
  const auto step = static_cast<std::size_t>(bits);
  const Word mask = low_bits(bits);
  const std::uint8_t* from = bytes.data();
  Word* to = words.data();
  const std::size_t reach = bits <= kShortBits ? 8 : 9;
  // The words that start at the latest `reach` bytes from the end.
  const std::size_t whole = bytes.size() < reach ? 0 : ((bytes.size() - reach) * 8 + 7) / step + 1;
  const std::size_t end = std::min(words.size(), whole);
  std::size_t i = 0, at = 0;
  if (bits <= kShortBits) {
    for (; i < end; ++i, at += step) {
      Word word;
      std::memcpy(&word, from + at / 8, 8);
      to[i] = word >> at % 8 & mask;
    }
  } else {
    for (; i < end; ++i, at += step) {
      Word word;
      std::memcpy(&word, from + at / 8, 8);
      const Word above = from[at / 8 + 8];
      to[i] = (word >> at % 8 | above << 1 << (63 - at % 8)) & mask;
    }
  }
  unpack_carefully(bytes.subspan(at / 8), static_cast<int>(at % 8), bits, words.subspan(i));
}

}  // namespace pai::client::ring
