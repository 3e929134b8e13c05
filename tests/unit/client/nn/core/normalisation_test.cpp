// Parameters against hand-made values, extreme magnitudes, and the refusals.
#include "client/nn/core/normalisation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "client/nn/core/column_statistics.h"
#include "unit/client/nn/core/numeric_tables.h"

namespace pai::client::nn {
namespace {

using test::table;
using ::testing::HasSubstr;
using Method = Normalisation::Method;

constexpr double kLargest = std::numeric_limits<double>::max();

TEST(ColumnStatistics, OfHandMadeColumns) {
  const auto columns = column_statistics(std::vector<double>{1, 10, 2, 10, 3, 10, 6, 10}, 2);
  EXPECT_EQ(columns[0].min, 1);
  EXPECT_EQ(columns[0].max, 6);
  EXPECT_DOUBLE_EQ(columns[0].mean, 3);
  EXPECT_DOUBLE_EQ(columns[0].deviation, std::sqrt(3.5));
  EXPECT_TRUE(columns[1].constant());
  EXPECT_EQ(columns[1].mean, 10);
  EXPECT_EQ(columns[1].deviation, 0);
}

TEST(ColumnStatistics, SurvivesEveryMagnitude) {
  const struct {
    std::vector<double> values;
    double mean, deviation;
  } cases[] = {
      {{1e300, 3e300}, 2e300, 1e300},
      {{-kLargest, kLargest}, 0, kLargest},
      {{1e-300, 3e-300}, 2e-300, 1e-300},
      {{5e-324, 1e-323}, 1e-323, 5e-324},  // half a unit of the smallest double, rounded
      {{1e9, 1e9 + 1e-6}, 1e9, 5e-7},
      {{0, 0, 0, 1e300}, 2.5e299, std::sqrt(3.0 / 16) * 1e300},
  };
  for (const auto& c : cases) {
    const auto column = column_statistics(c.values, 1)[0];
    EXPECT_NEAR(column.mean / 1e3, c.mean / 1e3, std::abs(c.mean) * 0.51e-3) << c.values[0];
    EXPECT_NEAR(column.deviation / c.deviation, 1, 0.06) << c.values[0];
    EXPECT_TRUE(std::isfinite(column.mean) && column.deviation > 0);
  }
}

TEST(Normalisation, ZscoreCentresAndScales) {
  const auto fitted = Normalisation::fit(Method::kZscore, table(1, {1, 2, 3, 6}));
  ASSERT_TRUE(fitted.ok());
  EXPECT_DOUBLE_EQ(fitted->apply(0, 3), 0);
  EXPECT_DOUBLE_EQ(fitted->apply(0, 6), 3 / std::sqrt(3.5));
  EXPECT_EQ(fitted->apply(0, 1e9), 6);
  EXPECT_EQ(fitted->apply(0, -kLargest), -6);
}

TEST(Normalisation, MinmaxGoesFromMinusOneToOne) {
  const auto fitted = Normalisation::fit(Method::kMinmax, table(1, {10, 30, 20}));
  ASSERT_TRUE(fitted.ok());
  EXPECT_EQ(fitted->apply(0, 10), -1);
  EXPECT_EQ(fitted->apply(0, 20), 0);
  EXPECT_EQ(fitted->apply(0, 30), 1);
  EXPECT_EQ(fitted->apply(0, 1000), 6);
}

TEST(Normalisation, NoMagnitudeOverflows) {
  for (const Method method : {Method::kZscore, Method::kMinmax}) {
    for (const double size : {1e-310, 1e-300, 1.0, 1e300, kLargest}) {
      const auto fitted = Normalisation::fit(method, table(1, {-size, size, -size, size}));
      ASSERT_TRUE(fitted.ok());
      EXPECT_NEAR(fitted->apply(0, size), 1, 1e-6) << size;
      EXPECT_NEAR(fitted->apply(0, -size), -1, 1e-6) << size;
      EXPECT_EQ(fitted->apply(0, kLargest), size == kLargest ? 1 : 6);
    }
  }
}

TEST(Normalisation, NoneKeepsValuesUpToSix) {
  const auto fitted = Normalisation::fit(Method::kNone, table(2, {-6, 1, 6, 1}));
  ASSERT_TRUE(fitted.ok()) << "a constant column is the owner's business here";
  EXPECT_EQ(fitted->apply(0, 2.5), 2.5);
  const auto refused = Normalisation::fit(Method::kNone, table(2, {1, 1, 2, -6.5}));
  ASSERT_FALSE(refused.ok());
  EXPECT_THAT(refused.error().message(), HasSubstr("column 'X2'"));
  EXPECT_THAT(refused.error().hint(), HasSubstr("normalize"));
}

TEST(Normalisation, RefusesConstantColumnsAndSingleRows) {
  const auto constant = Normalisation::fit(Method::kZscore, table(2, {1, 4, 2, 4, 3, 4}));
  ASSERT_FALSE(constant.ok());
  EXPECT_THAT(constant.error().message(), HasSubstr("'set/train.csv' column 'X2'"));
  EXPECT_THAT(constant.error().message(), Not(HasSubstr("4")));
  EXPECT_THAT(constant.error().hint(), HasSubstr("columns"));
  EXPECT_FALSE(Normalisation::fit(Method::kMinmax, table(1, {3, 3})).ok());
  EXPECT_FALSE(Normalisation::fit(Method::kZscore, table(1, {3})).ok());
  EXPECT_FALSE(Normalisation::fit(Method::kZscore, table(0, {})).ok());

  const auto both = Normalisation::fit(Method::kMinmax, table(3, {7, 1, 4, 7, 2, 4, 7, 3, 4}));
  ASSERT_FALSE(both.ok()) << "all faults at once";
  EXPECT_THAT(both.error().message(), HasSubstr("'set/train.csv' columns 'X1', 'X3': all training rows"));
  EXPECT_EQ(both.error().details().size(), 2U);
}

TEST(Normalisation, EncodesToTheNearestWord) {
  const auto fitted = Normalisation::fit(Method::kNone, table(2, {0, 0, 1, 1}));
  ASSERT_TRUE(fitted.ok());
  std::vector<ring::Word> words(6, 99);
  fitted->encode(std::vector<double>{1, -1, 0.5 / 65536, -0.4 / 65536}, ring::Matrix{words.data(), 2, 2, 3});
  EXPECT_EQ(words[0], 65536u);
  EXPECT_EQ(words[1], static_cast<ring::Word>(-65536));
  EXPECT_EQ(words[2], 99u) << "between the rows nothing is written";
  EXPECT_EQ(words[3], 1u);
  EXPECT_EQ(words[4], 0u);
}

TEST(Normalisation, ReadsBackBitForBit) {
  for (const Method method : {Method::kZscore, Method::kMinmax, Method::kNone}) {
    const auto fitted = Normalisation::fit(method, table(2, {0.1, 1.0 / 3, 2.7, -5.1, 0.3, 1e-17}));
    ASSERT_TRUE(fitted.ok());
    const auto read = Normalisation::from_json(nlohmann::json::parse(fitted->to_json().dump()));
    ASSERT_TRUE(read.ok()) << read.error().describe();
    EXPECT_EQ(read->to_json(), fitted->to_json());
    EXPECT_EQ(read->names(), (std::vector<std::string>{"X1", "X2"}));
    EXPECT_EQ(read->apply(0, 0.7), fitted->apply(0, 0.7));
  }
}

TEST(Normalisation, RefusesBrokenModels) {
  for (const char* text : {"[]", "{}", R"({"method":"zscore"})", R"({"method":"best","columns":[]})",
                           R"({"method":"zscore","columns":[{"name":"a","mean":0,"deviation":0}]})",
                           R"({"method":"zscore","columns":[{"name":"a","mean":0}]})",
                           R"({"method":"minmax","columns":[{"name":"a","min":2,"max":1}]})",
                           R"({"method":"zscore","columns":[{"mean":0,"deviation":1}]})",
                           R"({"method":"zscore","columns":[3]})"}) {
    EXPECT_FALSE(Normalisation::from_json(nlohmann::json::parse(text)).ok()) << text;
  }
}

}  // namespace
}  // namespace pai::client::nn
