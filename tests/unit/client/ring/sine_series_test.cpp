// The series is shown against the functions of the C library, and on shares: three parties whose shares of
// the tables and of z are random add up to σ(z) and σ′(z).

#include "client/ring/sine_series.h"

#include <gtest/gtest.h>
#include <array>
#include <cmath>
#include <random>
#include <vector>

#include "client/ring/sine_kernel.h"
#include "client/ring/sine_kernels.h"
#include "client/ring/words.h"

namespace pai::client::ring {
namespace {

double sigmoid(double z) {
  return 1 / (1 + std::exp(-z));
}

double series_at(std::span<const double> coefficients, double z) {
  double sum = 0.5;
  for (std::size_t j = 0; j < coefficients.size(); ++j)
    sum += coefficients[j] * std::sin(2 * M_PI * static_cast<double>(2 * j + 1) * z / 64);
  return sum;
}

double slope_at(std::span<const double> slopes, double z) {
  double sum = 0;
  for (std::size_t j = 0; j < slopes.size(); ++j)
    sum += slopes[j] * std::cos(2 * M_PI * static_cast<double>(2 * j + 1) * z / 64);
  return sum;
}

std::vector<Word> random_words(std::size_t count, std::mt19937_64& generator) {
  std::vector<Word> words(count);
  for (Word& word : words) word = generator();
  return words;
}

TEST(SigmoidSeriesTest, StaysWithinTheErrorsOfTheSpecification) {
  for (const auto& [harmonics, bound] : {std::pair{8, 0.0044}, {10, 0.0013}, {12, 0.0005}}) {
    const auto coefficients = sigmoid_series(harmonics);
    ASSERT_EQ(coefficients.size(), static_cast<std::size_t>(harmonics));
    double worst = 0;
    for (double z = -24; z <= 24; z += 0.001)
      worst = std::max(worst, std::fabs(series_at(coefficients, z) - sigmoid(z)));
    EXPECT_LE(worst, bound) << harmonics;
    EXPECT_GE(worst, bound / 2) << harmonics;
  }
}

/// The same least squares in long double with the C library, by Gaussian elimination.
std::vector<long double> fitted(std::size_t size) {
  constexpr int kPoints = 4097;
  std::vector<std::vector<long double>> rows(size, std::vector<long double>(size + 1));
  for (int point = 0; point < kPoints; ++point) {
    const long double z = point / 256.0L;
    const long double y = 1 / (1 + std::exp(-z)) - 0.5L;
    std::vector<long double> sines(size);
    for (std::size_t j = 0; j < size; ++j)
      sines[j] = std::sin(2 * 3.14159265358979323846L * (2.0L * j + 1) * z / 64);
    for (std::size_t i = 0; i < size; ++i) {
      for (std::size_t j = 0; j < size; ++j) rows[i][j] += sines[i] * sines[j] / kPoints;
      rows[i][size] += sines[i] * y / kPoints;
    }
  }
  for (std::size_t i = 0; i < size; ++i) rows[i][i] += 1e-7L;
  for (std::size_t i = 0; i < size; ++i) {
    for (std::size_t r = 0; r < size; ++r) {
      if (r == i) continue;
      const long double factor = rows[r][i] / rows[i][i];
      for (std::size_t c = i; c <= size; ++c) rows[r][c] -= factor * rows[i][c];
    }
  }
  std::vector<long double> out;
  for (std::size_t i = 0; i < size; ++i) out.push_back(rows[i][size] / rows[i][i]);
  return out;
}

TEST(SigmoidSeriesTest, IsTheRidgeLeastSquaresFit) {
  for (int harmonics = 1; harmonics <= kHarmonicsMax; ++harmonics) {
    const auto series = sigmoid_series(harmonics);
    const auto expected = fitted(static_cast<std::size_t>(harmonics));
    for (std::size_t j = 0; j < series.size(); ++j)
      EXPECT_NEAR(series[j], static_cast<double>(expected[j]), 1e-9)
          << harmonics << " harmonics, coefficient " << j;
  }
}

/// What parties with another compiler or processor must get, bit for bit.
TEST(SigmoidSeriesTest, IsTheSameBitsEverywhere) {
  const std::vector<double> expected{0x1.40d6a05b77cfp-1,  0x1.7a4423757776bp-3, 0x1.689a11aabbb6ap-4,
                                     0x1.7865342f2824bp-5, 0x1.92632ad8c1ce8p-6, 0x1.b116b25e41a9ep-7,
                                     0x1.d30f955103119p-8, 0x1.f7f3f6ea254ccp-9, 0x1.0ff49f58d7897p-9,
                                     0x1.2578a46fa0557p-10};
  EXPECT_EQ(sigmoid_series(10), expected);
}

TEST(SigmoidSeriesTest, SlopesAreTheDerivativesCoefficients) {
  const auto coefficients = sigmoid_series(10);
  const auto slopes = sigmoid_slopes(coefficients);
  for (std::size_t j = 0; j < slopes.size(); ++j)
    EXPECT_DOUBLE_EQ(slopes[j], coefficients[j] * 2 * M_PI * static_cast<double>(2 * j + 1) / 64);
}

TEST(SigmoidSeriesTest, SumsFitIntoTheNarrowRingAtAnyAngle) {
  // σ − y and σ′ at scale 28, cut in Z/2^32, are below 4 (2^30 at that scale), and the rounding of the tables' words is far below the rest.
  for (int harmonics = 1; harmonics <= kHarmonicsMax; ++harmonics) {
    const auto coefficients = sigmoid_series(harmonics);
    double values = 0, slopes = 0;
    for (const double value : coefficients) values += std::fabs(value);
    for (const double slope : sigmoid_slopes(coefficients)) slopes += std::fabs(slope);
    EXPECT_LT(values + 0.5 + 1, 3.5) << harmonics;
    EXPECT_LT(slopes, 3.5) << harmonics;
  }
}

TEST(WaveTablesTest, AreTheRoundedSinesAndCosines) {
  std::mt19937_64 generator(1);
  for (const int bits : {3, 4, 10, 22, 42, 50}) {
    const Word mask = ~Word{0} >> (64 - bits);
    auto angles = random_words(300, generator);
    for (Word& angle : angles) angle &= mask;
    for (Word quarter = 0; quarter < 8; ++quarter) {  // where a reduction changes its branch
      for (Word near : {Word{0}, Word{1}, mask}) angles.push_back(((quarter << (bits - 3)) + near) & mask);
    }
    constexpr int kHarmonics = 16;
    std::vector<Word> tables(2 * kHarmonics * angles.size());
    wave_tables(angles, bits, kHarmonics, tables);
    for (std::size_t i = 0; i < angles.size(); ++i) {
      for (std::size_t j = 0; j < kHarmonics; ++j) {
        const Word multiple = angles[i] * (2 * j + 1) & mask;
        const long double x =
            2 * 3.14159265358979323846L * static_cast<long double>(multiple) / std::exp2(bits);
        const auto sine = static_cast<std::int64_t>(tables[2 * j * angles.size() + i]);
        const auto cosine = static_cast<std::int64_t>(tables[(2 * j + 1) * angles.size() + i]);
        ASSERT_NEAR(static_cast<double>(sine), static_cast<double>(16384 * std::sin(x)), 0.50001)
            << bits << " " << angles[i] << " " << j;
        ASSERT_NEAR(static_cast<double>(cosine), static_cast<double>(16384 * std::cos(x)), 0.50001)
            << bits << " " << angles[i] << " " << j;
      }
    }
  }
}

TEST(WaveTablesTest, HigherBitsOfAnAngleDoNotCount) {
  std::mt19937_64 generator(4);
  const auto angles = random_words(100, generator);
  auto reduced = angles;
  for (Word& angle : reduced) angle &= (Word{1} << 42) - 1;
  std::vector<Word> tables(2000), of_reduced(2000);
  wave_tables(angles, 42, 10, tables);
  wave_tables(reduced, 42, 10, of_reduced);
  EXPECT_EQ(tables, of_reduced);
}

/// Shares for `parties` that add up to `secret`.
std::vector<std::vector<Word>> shared(const std::vector<Word>& secret, std::size_t parties,
                                      std::mt19937_64& generator) {
  std::vector<std::vector<Word>> shares{secret};
  for (std::size_t p = 1; p < parties; ++p) {
    shares.push_back(random_words(secret.size(), generator));
    subtract(shares[0], shares[p]);
  }
  return shares;
}

TEST(SeriesShareTest, SharesOfThreePartiesAddUpToTheSigmoidAndItsDerivative) {
  std::mt19937_64 generator(2);
  constexpr int kScale = 36, kBits = kPeriodBits + kScale;
  constexpr std::size_t kCount = 4801, kParties = 3;
  const Word mask = (Word{1} << kBits) - 1;
  std::vector<Word> z(kCount), r = random_words(kCount, generator), opened(kCount);
  for (std::size_t i = 0; i < kCount; ++i) {
    r[i] &= mask;
    z[i] = encode((static_cast<double>(i) - 2400) / 100, kScale);
    opened[i] = (z[i] - r[i]) & mask;
  }
  for (const auto& [harmonics, bound] : {std::pair{8, 0.0044}, {10, 0.0013}, {12, 0.0005}}) {
    const auto coefficients = sigmoid_series(harmonics);
    const auto slopes = sigmoid_slopes(coefficients);
    std::vector<Word> tables(2 * static_cast<std::size_t>(harmonics) * kCount);
    wave_tables(r, kBits, harmonics, tables);
    std::vector<Word> value(kCount), derivative(kCount);
    for (const auto& table : shared(tables, kParties, generator)) {
      std::vector<Word> own_value(kCount), own_derivative(kCount), own_value_alone(kCount),
          own_derivative_alone(kCount);
      series_share(opened, kBits, coefficients, slopes, table, own_value, own_derivative);
      series_share(opened, kBits, coefficients, {}, table, own_value_alone, {});
      series_share(opened, kBits, {}, slopes, table, {}, own_derivative_alone);
      EXPECT_EQ(own_value, own_value_alone);
      EXPECT_EQ(own_derivative, own_derivative_alone);
      add(value, own_value);
      add(derivative, own_derivative);
    }
    for (std::size_t i = 0; i < kCount; ++i) {
      const double at = decode(z[i], kScale), sigma = sigmoid(at);
      // The tables' rounding adds at most 2 · ½ · 2^-14 of |c_j| and of 1 a harmonic; in the mean far less.
      ASSERT_NEAR(decode(value[i], kSigmoidScale) + 0.5, sigma, bound + 0.0003) << at << " " << harmonics;
      ASSERT_NEAR(decode(derivative[i], kSigmoidScale), slope_at(slopes, at), 0.0003)
          << at << " " << harmonics;
      if (std::fabs(at) < 16) {
        ASSERT_NEAR(slope_at(slopes, at), sigma * (1 - sigma), 0.01) << at << " " << harmonics;
      }
    }
  }
}

TEST(SineKernelsTest, AllGiveTheSameBits) {
  std::mt19937_64 generator(3);
  const SineKernel& reference = sine_kernels().back();
  std::vector<SineKernel> kernels(sine_kernels().begin(), sine_kernels().end());
  // The text of the AVX-512 kernel, compiled for any processor.
  kernels.push_back(
      {"eight_lanes", true, wave_tables_kernel<PlainLanes<8>>, series_share_kernel<PlainLanes<8>>});
  for (const SineKernel& kernel : kernels) {
    if (!kernel.available) continue;
    for (const int bits : {3, 20, 42, 50}) {
      for (const std::size_t count : {1, 2, 3, 4, 5, 7, 8, 9, 13, 2000}) {
        auto angles = random_words(count, generator);
        for (Word& angle : angles) angle &= ~Word{0} >> (64 - bits);
        std::array<double, 16> coefficients, slopes;
        for (double& c : coefficients) c = std::uniform_real_distribution(-65536.0, 65536.0)(generator);
        for (double& c : slopes) c = std::uniform_real_distribution(-65536.0, 65536.0)(generator);
        const auto shares = random_words(32 * count, generator);
        std::array<std::vector<Word>, 2> tables, values, derivatives;
        for (std::size_t which = 0; which < 2; ++which) {
          const SineKernel& used = which == 0 ? reference : kernel;
          tables[which].resize(32 * count);
          values[which].resize(count);
          derivatives[which].resize(count);
          used.wave_tables({angles.data(), count, bits, 16, 1 << kTableScale, tables[which].data()});
          used.series_share({angles.data(), count, bits, 16, coefficients.data(), slopes.data(),
                             shares.data(), values[which].data(), derivatives[which].data()});
        }
        ASSERT_EQ(tables[0], tables[1]) << kernel.name;
        ASSERT_EQ(values[0], values[1]) << kernel.name;
        ASSERT_EQ(derivatives[0], derivatives[1]) << kernel.name;
      }
    }
  }
}

}  // namespace
}  // namespace pai::client::ring
