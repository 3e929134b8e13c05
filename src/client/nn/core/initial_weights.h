#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "client/nn/core/model_shape.h"
#include "client/ring/matrix.h"

namespace pai::client::nn {

inline constexpr int kWeightScale = 20;  ///< fractional bits of a weight

/// Initial weights of a layer, fan_in × fan_out, row-major, at scale 20; the biases are 0. Public, and the
/// same bits on every machine.
///
/// Weight number i (row-major) takes the i-th 64-bit word k of PublicRandom(seed, "weights", layer): u = (⌊k
/// / 2^12⌋ + ½) / 2^52, w = Φ⁻¹(u) / √fan_in with Wichura's AS 241 (PPND16), rounded to the nearest multiple
/// of 2^-20, halves up. Only IEEE +, −, ×, ÷ and √ are used, without fused multiply-add.
std::vector<ring::Word> initial_weights(std::uint64_t seed, std::size_t layer, std::size_t fan_in,
                                        std::size_t fan_out);

/// The same as numbers (each an exact multiple of 2^-20).
std::vector<double> initial_weights_plain(std::uint64_t seed, std::size_t layer, std::size_t fan_in,
                                          std::size_t fan_out);

/// Φ⁻¹(u) for u in (0, 1), to about 1e-15; deterministic arithmetic.
double inverse_normal(double u);
/// Natural logarithm of a positive normal number; deterministic arithmetic.
double deterministic_log(double x);

}  // namespace pai::client::nn
