#pragma once

#include <cstddef>

#include "client/nn/core/settings.h"
#include "common/base/result.h"

namespace pai::client::nn {

inline constexpr std::size_t kBatchMax = 32'768;

/// learning rate / batch size = mantissa · 2^−exponent: the mantissa is folded into public factors of the
/// gradient, the power of two into the truncation of the gradient (protocols.md section 6).
struct StepScale {
  double mantissa = 0.5;  ///< in [½, 1)
  int exponent = 0;       ///< may be negative

  /// Bits by which the gradient at `gradient_scale` is cut to weights at scale 20: gradient_scale − 20 +
  /// exponent.
  int truncation(int gradient_scale) const;
};

/// The decomposition alone. rate / batch must be finite and positive.
StepScale step_scale(double learning_rate, std::size_t batch_size);

/// What the check needs to know.
struct StepBounds {
  std::size_t inputs = 1;   ///< features of all parties: what a change of the weights is multiplied with
  int gradient_scale = 44;  ///< 44 for a sigmoid output, 32 for a linear one
  double residual_max = 1;  ///< bound on |D| at which the gradient must still fit
  double input_max = 6;
};

/// The decomposition, when a step fits into the ring. kInvalid, naming `learning_rate` or `batch_size`: a
/// batch over 32,768; a gradient of 62 bits or more; a single step that could carry a weight past 2^20 or the
/// product with the features past 2^62; a truncation outside 1 … 61 bits (a rate so small that no gradient
/// moves a weight).
Result<StepScale> checked_step_scale(const TrainingRule& rule, std::size_t batch_size,
                                     const StepBounds& bounds);

}  // namespace pai::client::nn
