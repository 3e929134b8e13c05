// The best split in the clear, against every split that there is.
#include "client/boost/plain_splits.h"

#include <cmath>
#include <random>

#include <gtest/gtest.h>

namespace pai::client::boost {
namespace {

struct Row {
  double g, h;
  std::vector<std::uint8_t> bins;
};

double score(double g, double h, double lambda) { return g * g / (h + lambda); }

TEST(PlainSplits, AreAsGoodAsAnySplitOfTheRows) {
  Shape shape;
  shape.features = {2, 0, 1};
  shape.bins = 4;
  Sample all;
  all.features = {{0, 1}, {}, {0}};
  for (std::uint32_t seed = 0; seed < 200; ++seed) {
    std::mt19937 random(seed);
    std::vector<Row> rows(3 + seed % 30);
    PlainSums sums{std::vector<double>(shape.all_columns()), std::vector<double>(shape.all_columns()), 0, 0};
    for (auto& row : rows) {
      row.g = static_cast<double>(random() % 2001) / 1000 - 1;
      row.h = static_cast<double>(random() % 250) / 1000;
      sums.total_g += row.g;
      sums.total_h += row.h;
      for (std::size_t j = 0; j < 3; ++j) {
        const auto bin = random() % 5;
        row.bins.push_back(bin == 4 ? kMissingBin : static_cast<std::uint8_t>(bin));
        if (bin == 3) continue;  // the highest bin is what is left
        const auto column = j * 4 + (bin == 4 ? 3 : bin);
        sums.g[column] += row.g;
        sums.h[column] += row.h;
      }
    }
    const double gamma = seed % 3 == 0 ? 0.1 : 0, least = seed % 4 == 0 ? 0.3 : 0;
    const auto found = PlainSplits(shape, 1, gamma, least).best(seed % 4, sums, all);
    double best = gamma;
    for (std::size_t j = 0; j < 3; ++j) {
      for (std::uint32_t threshold = 0; threshold < 4; ++threshold) {
        for (const bool missing_left : {false, true}) {
          const Split split{true, static_cast<std::uint32_t>(j), threshold, missing_left};
          double g[2] = {}, h[2] = {};
          for (const auto& row : rows) {
            const bool right = split.goes_right(row.bins[j]);
            g[right] += row.g;
            h[right] += row.h;
          }
          if (least > 0 && std::min(h[0], h[1]) < least) continue;
          best = std::max(best, score(g[0], h[0], 1) + score(g[1], h[1], 1) - score(sums.total_g, sums.total_h, 1));
        }
      }
    }
    EXPECT_NEAR(found.gain, best, 1e-9) << seed;
    if (found.split.splits) {
      EXPECT_NE(found.owner, 1U) << "it has no features";
    } else {
      EXPECT_EQ(found.owner, seed % 2 == 0 ? 0U : 2U) << "who owns a node without a split goes by its number";
    }
  }
}

}  // namespace
}  // namespace pai::client::boost
