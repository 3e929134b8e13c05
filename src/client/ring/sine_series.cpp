#include "client/ring/sine_series.h"

#include <array>

#include "client/ring/kernel_tables.h"
#include "client/ring/sine_kernels.h"
#include "common/base/check.h"

namespace pai::client::ring {
namespace {

const SineKernel& chosen() {
  static const SineKernel& kernel = first_available(sine_kernels());
  return kernel;
}

constexpr int kScaleMax = 30;

double unit_of(int scale) {
  PAI_CHECK(scale >= 1 && scale <= kScaleMax, "waves at a scale of 1 to 30");
  return static_cast<double>(1 << scale);
}

using Factors = std::array<double, kHarmonicsMax>;

Factors scaled(std::span<const double> series, double unit) {
  Factors factors{};
  for (std::size_t j = 0; j < series.size(); ++j) factors[j] = series[j] * unit;
  return factors;
}

}  // namespace

std::span<const SineKernel> sine_kernels() {
  static const auto all = PAI_RING_KERNELS(kSine);
  return all;
}

void wave_tables(std::span<const Word> angles, int bits, int harmonics, std::span<Word> tables, int scale) {
  PAI_CHECK(bits >= kAngleBitsMin && bits <= kAngleBitsMax, "an angle has 3 to 50 bits");
  PAI_CHECK(harmonics >= 1 && harmonics <= kHarmonicsMax, "1 to 16 harmonics");
  PAI_CHECK(tables.size() == 2 * static_cast<std::size_t>(harmonics) * angles.size(), "the tables' size");
  if (angles.empty()) return;
  chosen().wave_tables({angles.data(), angles.size(), bits, harmonics, unit_of(scale), tables.data()});
}

void series_share(std::span<const Word> opened, int bits, std::span<const double> coefficients,
                  std::span<const double> slopes, std::span<const Word> tables, std::span<Word> value,
                  std::span<Word> derivative, int scale) {
  const std::size_t harmonics = derivative.empty() ? coefficients.size() : slopes.size();
  PAI_CHECK(bits >= kAngleBitsMin && bits <= kAngleBitsMax, "an angle has 3 to 50 bits");
  PAI_CHECK(value.empty() || value.size() == opened.size(), "the value's size");
  PAI_CHECK(derivative.empty() || derivative.size() == opened.size(), "the derivative's size");
  if (value.empty() && derivative.empty()) return;
  PAI_CHECK(value.empty() || coefficients.size() == harmonics, "as many coefficients as slopes");
  PAI_CHECK(harmonics >= 1 && harmonics <= kHarmonicsMax, "1 to 16 harmonics");
  PAI_CHECK(tables.size() == 2 * harmonics * opened.size(), "the tables' size");
  const Factors by_value = scaled(value.empty() ? std::span<const double>{} : coefficients, unit_of(scale));
  const Factors by_derivative = scaled(derivative.empty() ? std::span<const double>{} : slopes, unit_of(scale));
  chosen().series_share({opened.data(), opened.size(), bits, static_cast<int>(harmonics), by_value.data(),
                         by_derivative.data(), tables.data(), value.empty() ? nullptr : value.data(),
                         derivative.empty() ? nullptr : derivative.data()});
}

}  // namespace pai::client::ring
