#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "client/ring/matrix.h"

/// The sigmoid and its derivative as a Fourier series on shares (protocols.md section 5, P3).
///
/// Angles are integers modulo 2^bits, bits = 6 + scale of z: the period is 64. Everything that depends on the
/// public angle is computed by the same IEEE operations (no fused multiply-add, no libm) on every processor,
/// for parties that differ in one bit of a public coefficient would get a random result.
namespace pai::client::ring {

inline constexpr int kHarmonicsMax = 16;
inline constexpr int kPeriodBits = 6;
inline constexpr int kTableScale = 14;        ///< of the dealer's sines and cosines
inline constexpr int kCoefficientScale = 14;  ///< of the public factors
inline constexpr int kSigmoidScale = kTableScale + kCoefficientScale;

/// Bits of an angle that the kernels take; higher bits of its word are not looked at.
inline constexpr int kAngleBitsMin = 3;
inline constexpr int kAngleBitsMax = 50;

/// Coefficients c_1..c_K of σ(z) − ½ ≈ Σ c_j sin(2π(2j−1)z/64): least squares on [0, 16], ridge 1e-7. K from
/// 1 to 16. The same bits on every processor. Takes about a millisecond.
std::vector<double> sigmoid_series(int harmonics);
/// c_j ω_j, ω_j = 2π(2j−1)/64: the coefficients of σ′(z) ≈ Σ c_j ω_j cos(ω_j z).
std::vector<double> sigmoid_slopes(std::span<const double> coefficients);

/// What the dealer shares for each random angle r: tables[(2j) · n + i] = round(2^scale sin(2π(2j+1)
/// r_i/2^bits)), and the cosine at (2j+1) · n + i, for j from 0 to harmonics − 1; `tables` has 2 · harmonics
/// · angles.size() words. `scale` is at most 30.
void wave_tables(std::span<const Word> angles, int bits, int harmonics, std::span<Word> tables, int scale = kTableScale);

/// A party's share of the series at z, from the opened δ = (z − r) mod 2^bits and its share of the tables
/// above: σ: out_i = Σ_j round(2^14 c_j sin(2π(2j+1)δ_i/2^bits)) · cos-share + round(2^14 c_j cos(…)) ·
/// sin-share, at scale 28. σ′: the same for Σ c_j ω_j cos(ω_j z), ω_j = 2π(2j+1)/64. The ½ of σ is not in it.
/// Either output may be empty. `coefficients` are the series' times a public factor of magnitude at most 4
/// (the learning rate's μ), `slopes` likewise c_j ω_j; the one whose output is empty is not read. With another `scale` (at most 30) the factors are
/// rounded at that, in the place of 14.
void series_share(std::span<const Word> opened, int bits, std::span<const double> coefficients,
                  std::span<const double> slopes, std::span<const Word> tables, std::span<Word> value,
                  std::span<Word> derivative, int scale = kCoefficientScale);

}  // namespace pai::client::ring
