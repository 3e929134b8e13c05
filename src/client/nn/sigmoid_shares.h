#pragma once

#include <vector>

#include "client/nn/scales.h"

namespace pai::client::nn {

/// The public factors of σ and σ′ as sums of waves, possibly times a public number.
struct SigmoidSeries {
  std::vector<double> values;  ///< c_j: of the sines
  std::vector<double> slopes;  ///< c_j ω_j: of the cosines

  static const SigmoidSeries& plain();
  /// The values times `factor`; the slopes as they are.
  static SigmoidSeries scaled(double factor);
};

}  // namespace pai::client::nn
