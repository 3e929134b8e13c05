// Bins: cuts by quantiles, a bin of its own for what is missing, and what a split does with each.
#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "client/boost/core/bins.h"

namespace pai::client::boost {
namespace {

const double kNan = std::nan("");

nn::NumericTable table(std::vector<std::string> columns, std::vector<double> values) {
  nn::NumericTable made;
  made.columns = std::move(columns);
  made.rows = values.size() / made.columns.size();
  made.values = std::move(values);
  return made;
}

TEST(BinEdges, FewDifferentNumbersHaveABinEach) {
  const auto train = table({"x"}, {3, 1, kNan, 2, 3, 1});
  const auto edges = BinEdges::fit(train, 4);
  EXPECT_EQ(std::vector<double>(edges.cuts(0).begin(), edges.cuts(0).end()), (std::vector<double>{2, 3}));
  EXPECT_EQ(edges.encode(train), (std::vector<std::uint8_t>{2, 0, kMissingBin, 1, 2, 0}));
  EXPECT_EQ(edges.encode(table({"x"}, {-1e300, 1.99, 2, 2.5, std::numeric_limits<double>::infinity()})),
            (std::vector<std::uint8_t>{0, 0, 1, 1, 2}));
}

TEST(BinEdges, ManyAreCutByQuantiles) {
  std::vector<double> values;
  for (int i = 0; i < 1000; ++i) values.push_back(i * i);
  const auto train = table({"x"}, values);
  const auto edges = BinEdges::fit(train, 10);
  ASSERT_EQ(edges.cuts(0).size(), 9U);
  std::vector<int> counts(10);
  for (const auto bin : edges.encode(train)) ++counts.at(bin);
  for (const int count : counts) EXPECT_EQ(count, 100);
}

TEST(BinEdges, AFrequentNumberTakesTheCutsThatFallIntoIt) {
  std::vector<double> values(900, 0);
  for (int i = 1; i <= 100; ++i) values.push_back(i);
  const auto train = table({"x"}, values);
  const auto edges = BinEdges::fit(train, 20);
  const auto bins = edges.encode(train);
  EXPECT_EQ(bins.front(), 0);
  EXPECT_GT(bins.back(), 0);
  for (std::size_t i = 1; i < edges.cuts(0).size(); ++i) EXPECT_LT(edges.cuts(0)[i - 1], edges.cuts(0)[i]);
}

TEST(BinEdges, NothingButMissingValuesOrOneNumberHasNoCuts) {
  const auto train = table({"x", "y"}, {kNan, 5, kNan, 5});
  const auto edges = BinEdges::fit(train, 8);
  EXPECT_TRUE(edges.cuts(0).empty());
  EXPECT_TRUE(edges.cuts(1).empty());
  EXPECT_EQ(edges.encode(train), (std::vector<std::uint8_t>{kMissingBin, 0, kMissingBin, 0}));
}

TEST(BinEdges, SurviveTheirJson) {
  const auto train = table({"x", "\xE5\xB9\xB4"}, {1, 0.1, 2, 0.2, 3, 1.0 / 3});
  const auto edges = BinEdges::fit(train, 8);
  const auto again = BinEdges::from_json(nlohmann::json::parse(edges.to_json().dump()));
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->names(), edges.names());
  EXPECT_EQ(again->encode(train), edges.encode(train));
}

TEST(BinEdges, DamagedJsonIsRefused) {
  const auto whole = BinEdges::fit(table({"x"}, {1, 2, 3}), 8).to_json();
  for (const char* change : {R"([{"op":"remove","path":"/bins"}])", R"([{"op":"replace","path":"/bins","value":1}])",
                             R"([{"op":"replace","path":"/bins","value":1000}])",
                             R"([{"op":"replace","path":"/columns/0/cuts","value":[3,2]}])",
                             R"([{"op":"replace","path":"/columns/0/cuts","value":[1,2,3,4,5,6,7,8,9]}])",
                             R"([{"op":"replace","path":"/columns","value":"x"}])"}) {
    EXPECT_FALSE(BinEdges::from_json(whole.patch(nlohmann::json::parse(change))).ok()) << change;
  }
}

TEST(Split, MissingValuesGoWhereItSays) {
  const Split right{true, 0, 3, false}, left{true, 0, 3, true};
  EXPECT_FALSE(right.goes_right(3));
  EXPECT_TRUE(right.goes_right(4));
  EXPECT_TRUE(right.goes_right(kMissingBin));
  EXPECT_FALSE(left.goes_right(kMissingBin));
  EXPECT_FALSE(Split{}.goes_right(7));
  EXPECT_FALSE(Split{}.goes_right(kMissingBin));
}

}  // namespace
}  // namespace pai::client::boost
