// The least squares behind the sigmoid's series. Every party computes them for itself and must get the same
// bits, so this file uses additions, multiplications and divisions in a fixed order, is compiled without
// contraction, and calls no libm.

#include <array>

#include "client/ring/sine_kernel.h"
#include "client/ring/sine_series.h"
#include "common/base/check.h"

namespace pai::client::ring {
namespace {

constexpr int kStepBits = 8;                        // points a unit: their z and angles are exact
constexpr int kPoints = 16 * (1 << kStepBits) + 1;  // on [0, 16]
constexpr double kRidge = 1e-7;

using Row = std::array<double, kHarmonicsMax>;
using Square = std::array<Row, kHarmonicsMax>;

/// e^−x for 0 <= x <= 16: the series at x/64, squared six times.
double exponential_of_minus(double x) {
  const double small = -x / 64;
  double power = 1;
  for (int i = 18; i >= 1; --i) power = 1 + small / i * power;
  for (int i = 0; i < 6; ++i) power = power * power;
  return power;
}

/// Solves matrix · x = right in place by LDLᵀ, which needs no root; only the lower triangle is read.
void solve(Square& matrix, Row& right, std::size_t size) {
  for (std::size_t j = 0; j < size; ++j) {
    for (std::size_t i = j; i < size; ++i) {
      double rest = matrix[i][j];
      for (std::size_t k = 0; k < j; ++k) rest -= matrix[i][k] * matrix[j][k] * matrix[k][k];
      matrix[i][j] = i == j ? rest : rest / matrix[j][j];
    }
  }
  for (std::size_t i = 0; i < size; ++i) {
    for (std::size_t k = 0; k < i; ++k) right[i] -= matrix[i][k] * right[k];
  }
  for (std::size_t i = size; i-- > 0;) {
    right[i] /= matrix[i][i];
    for (std::size_t k = i + 1; k < size; ++k) right[i] -= matrix[k][i] * right[k];
  }
}

}  // namespace

std::vector<double> sigmoid_series(int harmonics) {
  PAI_CHECK(harmonics >= 1 && harmonics <= kHarmonicsMax, "1 to 16 harmonics");
  const auto size = static_cast<std::size_t>(harmonics);
  using Lanes = PlainLanes<2>;
  Square normal{};
  Row right{};
  for (int point = 0; point < kPoints; ++point) {
    const double y = 1 / (1 + exponential_of_minus(point / static_cast<double>(1 << kStepBits))) - 0.5;
    Row sines{};
    for (std::size_t j = 0; j < size; ++j) {
      const auto angle = static_cast<std::uint64_t>(point) * (2 * j + 1);
      sines[j] = Wave<Lanes>::of(Lanes::broadcast(angle), kPeriodBits + kStepBits).sine[0];
    }
    for (std::size_t i = 0; i < size; ++i) {
      for (std::size_t j = 0; j <= i; ++j) normal[i][j] += sines[i] * sines[j] / kPoints;
      right[i] += sines[i] * y / kPoints;
    }
  }
  for (std::size_t i = 0; i < size; ++i) normal[i][i] += kRidge;
  solve(normal, right, size);
  return {right.begin(), right.begin() + harmonics};
}

std::vector<double> sigmoid_slopes(std::span<const double> coefficients) {
  std::vector<double> slopes;
  for (std::size_t j = 0; j < coefficients.size(); ++j) {
    const double frequency = 6.283185307179586 / (1 << kPeriodBits) * static_cast<double>(2 * j + 1);
    slopes.push_back(coefficients[j] * frequency);
  }
  return slopes;
}

}  // namespace pai::client::ring
