#pragma once

#include <span>
#include <vector>

#include "client/mpc/cut_product.h"
#include "client/mpc/cut_tensor.h"
#include "client/mpc/exchange.h"

namespace pai::client::mpc {

/// 1/x of shared x in [low, high] by Newton's iteration (protocols.md section 7), without a look at how large x is. With y₀ = 1/(1.1·high), x·y₀
/// lies in (0, 1): while it may be small, y ← 3.75·y(1 − xy) makes it grow by up to 3.75 a step and keeps it below 0.94; from 0.22 on six steps
/// y ← y(2 − xy) leave an error of about 1e-7, to which truncation adds a unit or two of the last place.
class ReciprocalPlan {
 public:
  /// x comes at `x_scale` (at least 1), 1/x at `scale`; 2^62 bounds what is computed on the way: for low ≥ 1 scale may be up to 30.
  ReciprocalPlan(double low, double high, int x_scale, int scale);

  std::size_t steps() const { return 1 + growing_ + kClosing; }  ///< the first takes one round, the others two
  int x_scale() const { return x_scale_; }
  int scale() const { return scale_; }
  bool grows(std::size_t step) const { return step <= growing_; }
  /// The first step in one: y₁ = (offset − slope·x) ≫ first_cut, for 3.75·y₀(1 − x·y₀).
  Word offset() const { return offset_; }
  Word slope() const { return slope_; }
  int first_cut() const { return first_cut_; }

 private:
  static constexpr std::size_t kClosing = 6;
  int x_scale_, scale_;
  std::size_t growing_ = 0;  // steps of 3.75 after the first
  Word offset_ = 0, slope_ = 0;
  int first_cut_ = 0;
};

/// The computation; x is a tensor that was cut, and stays where it is. What is opened are the sums of P2, each under a mask of its own.
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

  ReciprocalPlan plan_;
  CutTensor y_[2];
  CutTensor part_;  // x·y
  CutElements by_x_, by_part_;
  std::vector<Word> words_;
};

}  // namespace pai::client::mpc
