#pragma once

#include <vector>

#include "client/mpc/truncation.h"
#include "client/nn/scales.h"

namespace pai::client::nn {

/// Sums of waves that are cut at once are in the narrow ring: σ, σ′ and σ − y at scale 28 are below 2^30 in magnitude, at any angle
/// (Σ|c_j| + 3/2 and Σ|c_j ω_j| are below 4).
inline constexpr int kWaveBits = static_cast<int>(mpc::CutRing::kNarrow);

/// The public factors of σ and σ′ as sums of waves, possibly times a public number.
struct SigmoidSeries {
  std::vector<double> values;  ///< c_j: of the sines
  std::vector<double> slopes;  ///< c_j ω_j: of the cosines

  static const SigmoidSeries& plain();
  /// The values times `factor`; the slopes as they are.
  static SigmoidSeries scaled(double factor);
};

}  // namespace pai::client::nn
