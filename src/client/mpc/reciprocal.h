#pragma once

#include <span>
#include <vector>

#include "client/mpc/comparison.h"
#include "client/mpc/cut_product.h"
#include "client/mpc/cut_tensor.h"
#include "client/mpc/exchange.h"

namespace pai::client::mpc {

/// 1/x of shared x in [low, high] by Newton's iteration (protocols.md section 7), without a look at how large x is. x is compared with low·4,
/// low·16, … below high (P4, one opening of x for all): the bits select y₀ = 2/(a + b) of the part [a, b) that x lies in, without telling anybody
/// which, and |1 − x·y₀| ≤ 0.6. Five steps y ← y(2 − xy) square that to 1e-7, to which truncation adds a unit or two of the last place.
class ReciprocalPlan {
 public:
  /// x comes at `x_scale` (at least 1), 1/x at `scale`: with low ≥ 1 up to 30, for 2^62 bounds what is computed on the way.
  ReciprocalPlan(double low, double high, int x_scale, int scale);

  std::size_t steps() const { return 1 + kNewtonSteps; }  ///< the first takes seven rounds (one when low·4 ≥ high), the others two
  int x_scale() const { return x_scale_; }
  int scale() const { return scale_; }
  /// Where the parts meet, at x_scale; and y₀ of each part at scale() + kStartBits, one more than there are bounds.
  std::span<const Word> bounds() const { return bounds_; }
  std::span<const Word> starts() const { return starts_; }

  static constexpr int kStartBits = 10;

 private:
  static constexpr std::size_t kNewtonSteps = 5;
  int x_scale_, scale_;
  std::vector<Word> bounds_, starts_;
};

/// The computation; x is a tensor that was cut, and stays where it is. What is opened are x under the comparison's mask, bits under uniform
/// bits, and the sums of P2, each under a mask of its own.
class Reciprocal {
 public:
  explicit Reciprocal(const ReciprocalPlan& plan) : plan_(plan) {}

  /// For each step; steps may lie in different operations.
  void draw(Source& source, std::size_t step, const CutTensor& x);
  Status run(Exchange& exchange, std::size_t step, const CutTensor& x, bool leads);
  /// After the last step (at the dealer after its draw): 1/x.
  const CutTensor& result() const { return y_[plan_.steps() % 2]; }

 private:
  CutTensor& before(std::size_t step) { return y_[step % 2]; }
  CutTensor& after(std::size_t step) { return y_[(step + 1) % 2]; }
  void draw_start(Source& source, std::size_t size);
  Status start(Exchange& exchange, const CutTensor& x, bool leads);

  ReciprocalPlan plan_;
  Comparison comparison_;
  std::vector<Word> bit_masks_, bits_;  // ρ of each comparison, by exclusive or and in Z/2^64
  CutTensor y_[2];
  CutTensor part_;  // x·y
  CutElements by_x_, by_part_;
  std::vector<Word> words_;
};

}  // namespace pai::client::mpc
