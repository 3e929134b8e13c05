#pragma once

#include <span>
#include <vector>

#include "client/mpc/cut_product.h"
#include "client/mpc/cut_tensor.h"
#include "client/mpc/sigmoid.h"
#include "client/mpc/truncation.h"
#include "client/nn/core/settings.h"
#include "client/nn/party.h"
#include "client/nn/sigmoid_shares.h"
#include "client/ring/matrix.h"

namespace pai::client::nn {

using ring::Word;

/// The gradient of the loss at the last layer's z, times a public factor (the mantissa of the step): σ − y (log-loss), (σ − y)σ′ (squared
/// loss; its 2/C is part of the step), z − y (squared loss without a sigmoid). One use a `draw`.
///
/// Rounds: 1 for the log-loss (the angle), 2 for the squared loss (angle, truncation), 1 without a sigmoid (truncation).
class OutputResidual {
 public:
  OutputResidual(Loss loss, OutputActivation activation, double factor);

  /// `size` values of z at `z_scale`.
  void draw(mpc::Source& source, std::size_t size, int z_scale);
  /// `targets` are the label client's alone: as many as z, 0 and 1 or standardised; elsewhere empty. `residual` has scale().
  Status run(const Party& party, std::span<const Word> z, std::span<const double> targets, std::vector<Word>& residual);

  int scale() const;

 private:
  enum class Kind { kLogistic, kSquaredSigmoid, kLinear };
  Status logistic(const Party& party, std::span<const Word> z, std::span<const double> targets, std::vector<Word>& residual);
  Status times_slope(const Party& party, std::vector<Word>& residual);
  Status linear(const Party& party, std::span<const Word> z, std::span<const double> targets, std::vector<Word>& residual);

  Kind kind_;
  double factor_;
  SigmoidSeries series_;
  int z_scale_ = 0;
  mpc::Waves waves_;
  mpc::Truncation linear_cut_;
  mpc::CutTensor value_, slope_;
  mpc::CutElements product_;
  std::vector<Word> slope_words_;
};

}  // namespace pai::client::nn
