// When there are enough common rows, and how they are split.
#include "client/align/core/threshold.h"

#include <gtest/gtest.h>

namespace pai::client::align {
namespace {

TEST(Split, RoundsTheTestPartDown) {
  EXPECT_EQ(test_rows(10, 0.2), 2u);
  EXPECT_EQ(test_rows(9, 0.2), 1u);
  EXPECT_EQ(test_rows(4, 0.2), 0u);
  EXPECT_EQ(test_rows(25650, 0.2), 5130u);
  EXPECT_EQ(test_rows(7, 0), 0u);
}

TEST(Split, NeedsARowOnEitherSide) {
  for (const double ratio : {0.0001, 0.01, 0.1, 0.2, 0.25, 0.3, 0.333, 0.5, 0.7, 0.9, 0.999999}) {
    const std::uint64_t rows = fewest_rows_to_split(ratio);
    EXPECT_GE(test_rows(rows, ratio), 1u) << ratio;
    EXPECT_LT(test_rows(rows, ratio), rows) << ratio;
    const std::uint64_t fewer = rows - 1;
    EXPECT_TRUE(test_rows(fewer, ratio) == 0 || test_rows(fewer, ratio) == fewer) << ratio;
  }
  EXPECT_EQ(fewest_rows_to_split(0), 1u);
  EXPECT_EQ(fewest_rows_to_split(0.2), 5u);
  EXPECT_GT(fewest_rows_to_split(1e-300), 1'000'000'000u);
}

TEST(Split, NeverTakesATrainingRowBack) {
  // RowsWriter gives rows to train.csv while more may come.
  for (const double ratio : {0.1, 0.2, 0.29, 0.5, 0.83, 0.999}) {
    std::uint64_t before = 0;
    for (std::uint64_t rows = 0; rows < 3000; ++rows) {
      const std::uint64_t train = rows - test_rows(rows, ratio);
      EXPECT_GE(train, before);
      before = train;
    }
  }
}

TEST(Threshold, IsTheHighestOfItsBounds) {
  EXPECT_EQ((Threshold{0, 1}.rows()), 1u);
  EXPECT_EQ((Threshold{0.2, 1}.rows()), 5u);
  EXPECT_EQ((Threshold{0.2, 40}.rows()), 40u);
  EXPECT_EQ((Threshold{0, 0}.rows()), 1u);
}

TEST(Threshold, SaysWhichBoundWasMissed) {
  EXPECT_FALSE((Threshold{0.2, 5}.judge(5)).has_value());
  EXPECT_NE((Threshold{0.2, 1}.judge(0))->message().find("empty (0 common rows)"), std::string::npos);
  EXPECT_NE((Threshold{0.2, 1}.judge(4))
                ->message()
                .find("4 common rows are too few to split with test_ratio 0.2: 5 are needed"),
            std::string::npos);
  EXPECT_NE((Threshold{0.5, 1}.judge(1))->message().find("1 common row is too few"), std::string::npos);
}

TEST(Threshold, TellsNoNumberBelowAMinIntersection) {
  const auto none = Threshold{0, 1000}.judge(0);
  const auto some = Threshold{0, 1000}.judge(999);
  EXPECT_EQ(none->describe(), some->describe());
  EXPECT_NE(some->message().find("min_intersection 1,000"), std::string::npos);
}

}  // namespace
}  // namespace pai::client::align
