#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <vector>

#include "client/ring/matrix.h"

namespace pai::client::mpc {

using ring::Word;

/// So many bits, 64 in a word: bit i of a plane is bit i mod 64 of word i / 64.
constexpr std::size_t plane_words(std::size_t bits) { return (bits + 63) / 64; }

inline bool bit_of(std::span<const Word> plane, std::size_t i) { return (plane[i / 64] >> (i % 64) & 1) != 0; }
inline void set_bit(std::span<Word> plane, std::size_t i, bool value) {
  plane[i / 64] = (plane[i / 64] & ~(Word{1} << (i % 64))) | Word{value} << (i % 64);
}

/// 64 words to the planes of their bits, in place: bit j of word i becomes bit i of word j.
void transpose(std::array<Word, 64>& block);

/// The bits of `words`, plane by plane: plane b, of plane_words(words.size()) words, has bit b of every word.
std::vector<Word> planes_of(std::span<const Word> words);

/// Looks up a table of shared bits at places that everybody knows, for each of the 64 positions of a word another one. `index` has the
/// places' bits, the lowest first; `table`, of 2^bits entries, is used up.
Word look_up(std::span<const Word> index, std::span<Word> table);

}  // namespace pai::client::mpc
