#include "client/boost/tree.h"

#include <algorithm>
#include <array>

namespace pai::client::boost {

namespace {

/// One node's. Whether a bin goes right is looked up, for a branch a row would go the wrong way half the time.
void set_bits(const BinRows& rows, const Split& split, std::span<Word> bits) {
  std::array<std::uint8_t, 256> right{};
  for (std::size_t bin = 0; bin < right.size(); ++bin) right[bin] = split.goes_right(static_cast<std::uint8_t>(bin)) ? 1 : 0;
  const auto* bin = rows.bins.data() + split.feature;
  for (std::size_t first = 0; first < rows.rows; first += 64) {
    Word word = 0;
    const auto count = std::min<std::size_t>(64, rows.rows - first);
    for (std::size_t i = 0; i < count; ++i, bin += rows.features) word |= Word{right[*bin]} << i;
    bits[first / 64] = word;
  }
}

}  // namespace

std::vector<Word> own_bits(const BinRows& rows, std::span<const std::size_t> owners, std::span<const Split> splits, std::size_t party) {
  const auto plane = mpc::plane_words(rows.rows);
  std::vector<Word> bits(owners.size() * plane);
  for (std::size_t node = 0; node < owners.size(); ++node) {
    if (owners[node] == party && splits[node].splits) set_bits(rows, splits[node], std::span(bits).subspan(node * plane, plane));
  }
  return bits;
}

Word packed(const Split& split) {
  if (!split.splits) return 0;
  return Word{1} << 63 | Word{split.feature} << 16 | Word{split.threshold} << 1 | Word{split.missing_left};
}

Split unpacked(Word word) {
  if (word >> 63 == 0) return {};
  return {true, static_cast<std::uint32_t>(word >> 16), static_cast<std::uint32_t>(word >> 1 & 0x7fff), (word & 1) != 0};
}

}  // namespace pai::client::boost
