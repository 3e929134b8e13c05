#include "client/nn/core/column_statistics.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace pai::client::nn {
namespace {

/// Differences are taken at this scale when they could overflow at their own.
constexpr double kLarge = 1e300;
constexpr double kShrink = 0x1p-8;

/// Brings the differences from the minimum to at most 1, so that their squares neither overflow nor vanish.
struct Range {
  double pre, low, gain;

  explicit Range(const ColumnStatistics& column) {
    pre = std::max(std::abs(column.min), std::abs(column.max)) > kLarge ? kShrink : 1;
    low = column.min * pre;
    int exponent = 0;
    (void)std::frexp(column.max * pre - low, &exponent);
    gain = std::ldexp(1.0, std::min(-exponent, 1023));
  }
  double operator()(double x) const { return (x * pre - low) * gain; }
};

}  // namespace

std::vector<ColumnStatistics> column_statistics(std::span<const double> values, std::size_t width) {
  std::vector<ColumnStatistics> columns(width);
  const std::size_t rows = width == 0 ? 0 : values.size() / width;
  for (std::size_t j = 0; j < width; ++j) columns[j].min = columns[j].max = values[j];
  for (std::size_t i = 1; i < rows; ++i) {
    for (std::size_t j = 0; j < width; ++j) {
      columns[j].min = std::min(columns[j].min, values[i * width + j]);
      columns[j].max = std::max(columns[j].max, values[i * width + j]);
    }
  }
  std::vector<Range> ranges(columns.begin(), columns.end());
  std::vector<double> means(width), squares(width), errors(width);
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t j = 0; j < width; ++j) means[j] += ranges[j](values[i * width + j]);
  }
  const auto count = static_cast<double>(rows);
  for (std::size_t j = 0; j < width; ++j) means[j] /= count;
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t j = 0; j < width; ++j) {
      const double difference = ranges[j](values[i * width + j]) - means[j];
      squares[j] += difference * difference;
      errors[j] += difference;
    }
  }
  for (std::size_t j = 0; j < width; ++j) {
    ColumnStatistics& column = columns[j];
    if (column.constant()) {
      column.mean = column.min;
      continue;
    }
    const Range& range = ranges[j];
    // What rounding left in the mean is taken out of the squares again.
    const double variance = (squares[j] - errors[j] * errors[j] / count) / count;
    column.mean = std::clamp((means[j] / range.gain + range.low) / range.pre, column.min, column.max);
    column.deviation =
        std::clamp(std::sqrt(std::max(variance, 0.0)) / range.gain / range.pre,
                   std::numeric_limits<double>::denorm_min(), std::numeric_limits<double>::max());
  }
  return columns;
}

Scaler Scaler::centred(double centre, double size) {
  const double pre = std::max(std::abs(centre), size) > kLarge ? kShrink : 1;
  return {pre, centre * pre, size * pre};
}

Scaler Scaler::between(double min, double max) {
  const double pre = std::max(std::abs(min), std::abs(max)) > kLarge ? kShrink : 1;
  return {pre, min * pre, max * pre - min * pre};
}

}  // namespace pai::client::nn
