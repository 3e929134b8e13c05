// The batches are part of what the parties agree on: pinned values, and their properties.
#include "client/nn/core/batches.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <vector>

#include "client/nn/core/public_random.h"

namespace pai::client::nn {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;

// A second implementation, by the headers' words alone and in another language, gave the same numbers.
constexpr std::uint32_t kFirst32 = 0x999451A4;
constexpr std::array<std::uint32_t, 10> kPermutation0{4, 0, 9, 1, 6, 8, 5, 2, 3, 7};
constexpr std::array<std::uint32_t, 10> kPermutation1{4, 9, 8, 6, 5, 0, 7, 1, 2, 3};
constexpr std::array<std::uint32_t, 5> kLargeStart{481, 102, 901, 878, 714};

std::vector<std::uint32_t> copy(std::span<const std::uint32_t> rows) {
  return {rows.begin(), rows.end()};
}

TEST(PublicRandom, TheStreamIsPinned) {
  PublicRandom random(1, "batches", 0);
  EXPECT_EQ(random.next_u32(), kFirst32);
  PublicRandom wide(1, "batches", 0);
  EXPECT_EQ(wide.next_u64() & 0xFFFFFFFF, kFirst32);
  EXPECT_NE(PublicRandom(1, "weights", 0).next_u32(), kFirst32);
  EXPECT_NE(PublicRandom(2, "batches", 0).next_u32(), kFirst32);
  EXPECT_NE(PublicRandom(1, "batches", 1).next_u32(), kFirst32);
}

TEST(PublicRandom, BoundedDrawsAreEven) {
  PublicRandom random(5, "test", 0);
  std::vector<int> counts(6);
  for (int i = 0; i < 60'000; ++i) ++counts[random.below(6)];
  double chi = 0;
  for (const int count : counts) chi += (count - 10'000.0) * (count - 10'000.0) / 10'000.0;
  EXPECT_LT(chi, 20.5);  // 0.1 % of five degrees of freedom; the seed is fixed
  // Of a bound above 2^31 nearly half of the words would be redrawn; without that the lower part came up too
  // often.
  constexpr std::uint32_t kBound = 0xC0000000;
  int low = 0;
  for (int i = 0; i < 60'000; ++i) low += random.below(kBound) < kBound / 3;
  EXPECT_NEAR(low, 20'000, 500);
  EXPECT_EQ(random.below(1), 0u);
}

TEST(Batches, ThePermutationIsPinned) {
  std::vector<std::uint32_t> permutation(10);
  fill_permutation(42, 0, permutation);
  EXPECT_THAT(permutation, ElementsAreArray(kPermutation0));
  fill_permutation(42, 1, permutation);
  EXPECT_THAT(permutation, ElementsAreArray(kPermutation1));
  std::vector<std::uint32_t> large(1000);
  fill_permutation(7, 3, large);
  EXPECT_THAT(std::vector<std::uint32_t>(large.begin(), large.begin() + 5), ElementsAreArray(kLargeStart));
}

/// Fisher–Yates as the header says it, one draw after the other.
TEST(Batches, DrawingAheadChangesNothing) {
  for (const std::size_t rows : {1u, 2u, 3u, 64u, 65u, 66u, 129u, 1000u}) {
    std::vector<std::uint32_t> fast(rows), plain(rows);
    fill_permutation(9, 2, fast);
    std::iota(plain.begin(), plain.end(), 0u);
    PublicRandom random(9, "batches", 2);
    for (std::size_t i = rows - 1; i > 0; --i)
      std::swap(plain[i], plain[random.below(static_cast<std::uint32_t>(i + 1))]);
    EXPECT_EQ(fast, plain) << rows;
  }
}

TEST(Batches, AnEpochIsABlockwisePermutation) {
  Batches batches(42, 10, 3);
  EXPECT_EQ(batches.per_epoch(), 3u);
  EXPECT_EQ(batches.iterations(5), 15u);
  std::vector<std::uint32_t> seen;
  for (std::uint64_t t = 0; t < 3; ++t) {
    const auto rows = batches.rows_of(t);
    ASSERT_EQ(rows.size(), 3u);
    seen.insert(seen.end(), rows.begin(), rows.end());
  }
  EXPECT_THAT(seen, ElementsAreArray(kPermutation0.begin(), kPermutation0.begin() + 9));
  EXPECT_THAT(copy(batches.rows_of(3)), ElementsAreArray(kPermutation1.begin(), kPermutation1.begin() + 3));
  EXPECT_EQ(batches.epoch_of(3), 1u);
}

TEST(Batches, OrderOfCallsDoesNotMatter) {
  Batches forward(1, 1000, 64), jumping(1, 1000, 64);
  std::vector<std::vector<std::uint32_t>> all;
  for (std::uint64_t t = 0; t < 40; ++t) all.push_back(copy(forward.rows_of(t)));
  for (const std::uint64_t t : {39u, 0u, 16u, 15u, 14u, 30u})
    EXPECT_EQ(copy(jumping.rows_of(t)), all[t]) << t;
}

TEST(Batches, ABatchIsAtMostAllRows) {
  Batches batches(1, 5, 64);
  EXPECT_EQ(batches.batch_size(), 5u);
  EXPECT_EQ(batches.per_epoch(), 1u);
  auto rows = copy(batches.rows_of(12));
  std::sort(rows.begin(), rows.end());
  EXPECT_THAT(rows, ElementsAre(0, 1, 2, 3, 4));
  EXPECT_THAT(copy(Batches(1, 1, 1).rows_of(3)), ElementsAre(0));
}

TEST(Batches, EveryPlaceIsAsLikely) {
  std::vector<int> counts(5 * 5);
  std::vector<std::uint32_t> permutation(5);
  for (std::uint64_t epoch = 0; epoch < 5000; ++epoch) {
    fill_permutation(11, epoch, permutation);
    for (std::size_t i = 0; i < 5; ++i) ++counts[i * 5 + permutation[i]];
  }
  for (const int count : counts) EXPECT_NEAR(count, 1000, 120);
}

}  // namespace
}  // namespace pai::client::nn
