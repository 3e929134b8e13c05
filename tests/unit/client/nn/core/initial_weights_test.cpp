// The initial weights are part of what the parties agree on: pinned words, and their distribution.
#include "client/nn/core/initial_weights.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "client/ring/matrix.h"

namespace pai::client::nn {
namespace {

using ::testing::ElementsAreArray;

// A second implementation, by the header's words alone and in another language, gave the same numbers.
constexpr std::int64_t kPinned[] = {-317646, 710422, 555741, -260932, 695594, -219781, -1515260, 555005};
constexpr std::uint64_t kPinnedSum = 13148029091057113127u;

TEST(InitialWeights, ArePinned) {
  const auto words = initial_weights(42, 0, 4, 2);
  EXPECT_THAT(std::vector<std::int64_t>(words.begin(), words.end()), ElementsAreArray(kPinned));
  std::uint64_t sum = 0;
  for (const ring::Word word : initial_weights(7, 1, 100, 100)) sum = sum * 31 + word;
  EXPECT_EQ(sum, kPinnedSum);
}

TEST(InitialWeights, AreWordsOfThePlainOnes) {
  const auto words = initial_weights(3, 2, 23, 8);
  const auto plain = initial_weights_plain(3, 2, 23, 8);
  for (std::size_t i = 0; i < words.size(); ++i)
    EXPECT_EQ(plain[i] * (1 << kWeightScale), static_cast<double>(static_cast<std::int64_t>(words[i])));
}

TEST(InitialWeights, AreNormalWithVarianceOneOverFanIn) {
  const auto weights = initial_weights_plain(1, 0, 400, 250);
  double sum = 0, squares = 0, fourth = 0;
  int inside = 0;
  for (const double weight : weights) {
    const double z = weight * 20;
    sum += z;
    squares += z * z;
    fourth += z * z * z * z;
    inside += std::abs(z) < 1;
  }
  const auto count = static_cast<double>(weights.size());
  EXPECT_NEAR(sum / count, 0, 0.015);
  EXPECT_NEAR(squares / count, 1, 0.02);
  EXPECT_NEAR(fourth / count, 3, 0.15);
  EXPECT_NEAR(inside / count, 0.6827, 0.006);
}

TEST(InitialWeights, DifferBySeedAndLayer) {
  EXPECT_NE(initial_weights(1, 0, 8, 8), initial_weights(2, 0, 8, 8));
  EXPECT_NE(initial_weights(1, 0, 8, 8), initial_weights(1, 1, 8, 8));
}

TEST(InverseNormal, KnownQuantiles) {
  const struct {
    double u, z;
  } cases[] = {{0.5, 0},
               {0.975, 1.959963984540054},
               {0.025, -1.959963984540054},
               {0.9, 1.2815515655446004},
               {0.75, 0.6744897501960817},
               {1e-3, -3.090232306167813},
               {1e-9, -5.997807015007686},
               {1e-15, -7.941345326170997}};
  for (const auto& c : cases) EXPECT_NEAR(inverse_normal(c.u), c.z, 2e-14 * (1 + std::abs(c.z))) << c.u;
}

TEST(InverseNormal, InvertsTheDistribution) {
  for (double u = 0.0005; u < 1; u += 0.0005)
    EXPECT_NEAR(0.5 * std::erfc(-inverse_normal(u) / std::sqrt(2)), u, 1e-15);
}

TEST(DeterministicLog, IsTheLogarithm) {
  for (const double x :
       {1e-300, 1e-16, 0.1, 0.5, 0.70710678, 0.999999, 1.0, 1.41421356, 1.5, 2.0, 10.0, 1e300})
    EXPECT_NEAR(deterministic_log(x), std::log(x), 4e-16 * (1 + std::abs(std::log(x)))) << x;
}

}  // namespace
}  // namespace pai::client::nn
