#include "client/nn/core/figures.h"

#include <cmath>

namespace pai::client::nn {

double rounded(double value) { return std::round(value * 1e4) / 1e4; }

double shortened(double value) {
  if (value == 0 || !std::isfinite(value)) return value;
  const double unit = std::pow(10, std::floor(std::log10(std::abs(value))) - 3);
  return std::round(value / unit) * unit;
}

double rounded_for_record(double value) { return std::round(value * 1e6) / 1e6; }

}  // namespace pai::client::nn
