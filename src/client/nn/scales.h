#pragma once

#include "client/ring/sine_series.h"

/// Fractional bits of what training computes with (protocols.md section 6).
namespace pai::client::nn {

inline constexpr int kFirstOutputScale = 36;  ///< z of the first layer: features 16 + weights 20
inline constexpr int kActivationScale = 14;   ///< activations that go into products
inline constexpr int kLaterOutputScale = 34;  ///< z of the other layers: activations 14 + weights 20
inline constexpr int kSlopeScale = 12;        ///< σ′ that goes into products
inline constexpr int kErrorScale = 16;        ///< errors that went back through a layer; residuals that were cut
inline constexpr int kDeltaScale = kErrorScale + kSlopeScale;
inline constexpr int kMomentumScale = 16;     ///< β, by which velocities are multiplied and cut again
inline constexpr int kLogitScale = 10;        ///< scores that are opened: AUC moves by less than 1e-6
/// Up to which |z − y| a linear model's step is sure to fit into the ring.
inline constexpr double kLinearResidualMax = 1024;
inline constexpr int kHarmonics = 10;         ///< of the sigmoid's series: error 0.0013 up to |z| = 24

static_assert(kDeltaScale == ring::kSigmoidScale, "a layer's delta has one scale, wherever it comes from");

}  // namespace pai::client::nn
