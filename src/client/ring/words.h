#pragma once

#include <span>

#include "client/ring/matrix.h"

/// Element by element, modulo 2^64; all spans of one call have the same size.
namespace pai::client::ring {

void add(std::span<Word> sum, std::span<const Word> a);                      ///< sum += a
void subtract(std::span<Word> difference, std::span<const Word> a);          ///< difference -= a
void add_scaled(std::span<Word> sum, Word factor, std::span<const Word> a);  ///< sum += factor · a
void add_products(std::span<Word> sum, std::span<const Word> a, std::span<const Word> b);  ///< sum += a ∘ b

/// Packs the low `bits` (1 to 64) of each word, one after the other, lowest bit first, into ⌈size · bits / 8⌉
/// bytes.
void pack(std::span<const Word> words, int bits, std::span<std::uint8_t> bytes);
/// The reverse; `bytes` has exactly ⌈size · bits / 8⌉ bytes. Each word is below 2^bits.
void unpack(std::span<const std::uint8_t> bytes, int bits, std::span<Word> words);
/// So many bits that words of them begin at bytes: what packs the fastest.
constexpr int whole_bytes(int bits) { return (bits + 7) / 8 * 8; }
constexpr std::size_t packed_bytes(std::size_t words, int bits) {
  return (words * static_cast<std::size_t>(bits) + 7) / 8;
}

/// Fixed point: value · 2^scale, rounded to the nearest, as a two's complement word. |value| · 2^scale must
/// be below 2^63.
Word encode(double value, int scale);
double decode(Word word, int scale);

}  // namespace pai::client::ring
