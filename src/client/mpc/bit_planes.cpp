#include "client/mpc/bit_planes.h"

namespace pai::client::mpc {

void transpose(std::array<Word, 64>& block) {
  Word mask = 0x00000000FFFFFFFF;
  for (unsigned step = 32; step != 0; step >>= 1, mask ^= mask << step) {
    for (unsigned i = 0; i < 64; i = (i + step + 1) & ~step) {
      const Word swapped = ((block[i] >> step) ^ block[i + step]) & mask;
      block[i] ^= swapped << step;
      block[i + step] ^= swapped;
    }
  }
}

std::vector<Word> planes_of(std::span<const Word> words) {
  const auto width = plane_words(words.size());
  std::vector<Word> planes(64 * width);
  std::array<Word, 64> block;
  for (std::size_t w = 0; w < width; ++w) {
    for (std::size_t i = 0; i < 64; ++i) block[i] = 64 * w + i < words.size() ? words[64 * w + i] : 0;
    transpose(block);
    for (std::size_t bit = 0; bit < 64; ++bit) planes[bit * width + w] = block[bit];
  }
  return planes;
}

Word look_up(std::span<const Word> index, std::span<Word> table) {
  std::size_t size = table.size();
  for (const Word bit : index) {
    size /= 2;
    for (std::size_t i = 0; i < size; ++i) table[i] = table[2 * i] ^ (bit & (table[2 * i] ^ table[2 * i + 1]));
  }
  return table[0];
}

}  // namespace pai::client::mpc
