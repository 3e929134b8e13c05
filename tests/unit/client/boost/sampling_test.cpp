// Samples are the same at every party, and fixed-point scales leave room for every sum.
#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "client/boost/core/sampling.h"

namespace pai::client::boost {
namespace {

Shape shape() {
  Shape made;
  made.train_rows = 1000;
  made.features = {3, 0, 5};
  return made;
}

TEST(Sample, ARatioOfOneTakesAll) {
  const auto sample = sample_of(shape(), 1, 0, 1, 1);
  EXPECT_TRUE(sample.rows.empty());
  EXPECT_EQ(sample.features, (std::vector<std::vector<std::uint32_t>>{{0, 1, 2}, {}, {0, 1, 2, 3, 4}}));
}

TEST(Sample, TakesItsShareAnewForEachTree) {
  const auto sample = sample_of(shape(), 1, 3, 0.25, 0.5);
  EXPECT_EQ(sample.rows.size(), 250U);
  EXPECT_TRUE(std::is_sorted(sample.rows.begin(), sample.rows.end()));
  EXPECT_EQ(std::adjacent_find(sample.rows.begin(), sample.rows.end()), sample.rows.end());
  EXPECT_LT(sample.rows.back(), 1000U);
  EXPECT_EQ(sample.features[0].size() + sample.features[2].size(), 4U);
  EXPECT_TRUE(sample.features[1].empty());
  EXPECT_EQ(sample_of(shape(), 1, 3, 0.25, 0.5).rows, sample.rows);
  EXPECT_NE(sample_of(shape(), 1, 4, 0.25, 0.5).rows, sample.rows);
  EXPECT_NE(sample_of(shape(), 2, 3, 0.25, 0.5).rows, sample.rows);
}

TEST(Sample, TakesOneAtLeast) {
  const auto sample = sample_of(shape(), 1, 0, 1e-9, 1e-9);
  EXPECT_EQ(sample.rows.size(), 1U);
  EXPECT_EQ(sample.features[0].size() + sample.features[2].size(), 1U);
}

TEST(Scales, HoldEverySumInTheNarrowRing) {
  for (const std::size_t rows : {4UL, 100UL, 24'000UL, 1'000'000UL, 60'000'000UL}) {
    for (const double lambda : {1.0, 1000.0, 1e6}) {
      const auto scales = Scales::of(rows, 1.002, 0.2565, lambda);
      EXPECT_LT(std::ldexp(static_cast<double>(rows) * 1.002, scales.gradient), std::ldexp(1, 30));
      EXPECT_LT(std::ldexp(scales.sum_max, scales.gradient), std::ldexp(1, 30));
      EXPECT_GE(scales.sum, 1);
      EXPECT_LE(scales.gradient, 27);
    }
  }
  EXPECT_EQ(Scales::of(24'000, 1.002, 0.2565, 1).sum, 28 - 15) << "28 - log2 n";
}

}  // namespace
}  // namespace pai::client::boost
