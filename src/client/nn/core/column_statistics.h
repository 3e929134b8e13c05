#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace pai::client::nn {

/// Of one column. All are finite for finite values.
struct ColumnStatistics {
  double min = 0, max = 0;
  double mean = 0;
  double deviation = 0;  ///< the population's; 0 exactly when min = max

  bool constant() const { return min == max; }
};

/// Of each column of a row-major table with at least one row. Safe for any finite values: 1e300 does not
/// overflow, a deviation of 1e-300 does not vanish, and a mean far from zero costs no digits of the
/// deviation.
std::vector<ColumnStatistics> column_statistics(std::span<const double> values, std::size_t width);

/// x ↦ (x − centre) / size without an overflow on the way. The answer can be infinite when x is far out,
/// never NaN.
struct Scaler {
  double pre = 1, shift = 0, divisor = 1;

  /// Of the mean and the deviation: (x − centre) / size.
  static Scaler centred(double centre, double size);
  /// Onto 0 … 1: (x − min) / (max − min).
  static Scaler between(double min, double max);

  double operator()(double x) const { return (x * pre - shift) / divisor; }
};

}  // namespace pai::client::nn
