// A party's own bits of its splits, and splits as words.
#include "client/boost/tree.h"

#include <random>

#include <gtest/gtest.h>

namespace pai::client::boost {
namespace {

TEST(OwnBits, AreWhatEachSplitSaysOfEachRow) {
  constexpr std::size_t kFeatures = 3;
  std::mt19937 random(5);
  for (const std::size_t rows : {1U, 63U, 64U, 65U, 200U}) {
    std::vector<std::uint8_t> bins(rows * kFeatures);
    for (auto& bin : bins) bin = random() % 5 == 0 ? kMissingBin : static_cast<std::uint8_t>(random() % 8);
    const std::vector<Split> splits{{true, 2, 3, false}, {true, 0, 0, true}, {}, {true, 1, 7, false}, {true, 1, 5, true}};
    const std::vector<std::size_t> owners{1, 1, 1, 1, 0};
    const auto bits = own_bits({bins, kFeatures, rows}, owners, splits, 1);
    const auto plane = mpc::plane_words(rows);
    ASSERT_EQ(bits.size(), owners.size() * plane);
    for (std::size_t node = 0; node < owners.size(); ++node) {
      const std::span of_node(bits.data() + node * plane, plane);
      for (std::size_t i = 0; i < plane * 64; ++i) {
        const bool right = i < rows && owners[node] == 1 && splits[node].goes_right(bins[i * kFeatures + splits[node].feature]);
        ASSERT_EQ(mpc::bit_of(of_node, i), right) << rows << " rows, node " << node << ", row " << i;
      }
    }
  }
}

TEST(Splits, AreTheSameAfterPacking) {
  for (const auto& split : {Split{}, Split{true, 0, 0, false}, Split{true, 1'000'000, 127, true}, Split{true, 5, 31, false}}) {
    EXPECT_EQ(unpacked(packed(split)), split);
  }
}

}  // namespace
}  // namespace pai::client::boost
