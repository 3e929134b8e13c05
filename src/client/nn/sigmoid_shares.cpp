#include "client/nn/sigmoid_shares.h"

namespace pai::client::nn {

SigmoidSeries SigmoidSeries::scaled(double factor) {
  auto series = plain();
  for (auto& value : series.values) value *= factor;
  return series;
}

const SigmoidSeries& SigmoidSeries::plain() {
  static const SigmoidSeries series = [] {
    auto values = ring::sigmoid_series(kHarmonics);
    auto slopes = ring::sigmoid_slopes(values);
    return SigmoidSeries{std::move(values), std::move(slopes)};
  }();
  return series;
}

}  // namespace pai::client::nn
