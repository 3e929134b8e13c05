#pragma once

#include <span>
#include <vector>

#include "client/mpc/exchange.h"
#include "client/mpc/one_use.h"
#include "client/mpc/source.h"
#include "client/ring/sine_series.h"

namespace pai::client::mpc {

/// P3 (protocols.md section 5): functions of shared z that are sums of waves of period 64, above all σ and σ′; one use. One round; of each
/// word 6 + scale bits are opened. Right for |z| ≤ 24 (0.0013 with ten harmonics).
class Waves {
 public:
  /// For `size` values at a scale from 1 to 44: the kernels take angles of up to 50 bits. The sums are right modulo 2^sum_bits: with fewer
  /// than 64 the tables' correction is so much smaller, and a sum has to be cut in a ring of that width before anything else is done with it.
  /// `table_scale`: the sines' and cosines' own, at most 30.
  void draw(Source& source, std::size_t size, int scale, int harmonics, int sum_bits = 64, int table_scale = ring::kTableScale);
  /// δ = z − r
  void mask(std::span<const Word> z);
  /// Only the low bits of δ leave: the others would tell z's.
  void open(Exchange& exchange) { exchange.open(opened_, bits_); }
  /// This party's shares, at the tables' scale and the factors' together (28), of Σ sines_j sin(ω_j z) and Σ cosines_j cos(ω_j z), ω_j = 2π(2j+1)/64; either may be empty.
  /// The factors are public and the same at every party in every bit.
  void take(std::span<const double> sines, std::span<const double> cosines, std::span<Word> sine_sum,
            std::span<Word> cosine_sum, int factor_scale = ring::kCoefficientScale) const;

 private:
  OneUse use_;
  int bits_ = 0;
  std::vector<Word> angle_;   // shares of r; only their low bits count
  std::vector<Word> tables_;  // shares of the sines and cosines of r's multiples
  std::vector<Word> opened_;
};

}  // namespace pai::client::mpc
