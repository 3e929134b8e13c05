#include "client/nn/layer_steps.h"

#include <cmath>

#include "client/nn/core/initial_weights.h"
#include "client/nn/core/learning_rate.h"
#include "client/nn/core/normalisation.h"
#include "client/nn/scales.h"
#include "client/ring/words.h"

namespace pai::client::nn {

namespace {

/// Up to which weights the bounds hold: scores leave ±24, where training is warned about, long before.
constexpr double kWeightMax = 1024;
/// What the sigmoid's series, rounded factors and cuts add to a residual.
constexpr double kRounding = 1.02;
/// A weight's change has an error of one unit at scale 20 from each cut.
constexpr double kCutError = 0x1p-18;

Word bound_of(double size) {
  return size < 0x1p63 ? static_cast<Word>(size) + 1 : Word{1} << 63;
}

/// How many changes momentum gathers in the end: 1 / (1 − β), β as it is computed with.
double gathered(double momentum) {
  const double rest = 1 - ring::decode(ring::encode(momentum, kMomentumScale), kMomentumScale);
  return rest > 0 ? 1 / rest : HUGE_VAL;
}

}  // namespace

Result<LayerSteps> layer_steps(const StepTerms& terms, std::size_t layers,
                               const std::function<int(std::size_t)>& gradient_scale) {
  const bool linear = terms.rule.activation == OutputActivation::kNone;
  TrainingRule rule = terms.rule;
  if (rule.loss == Loss::kMse && !linear) rule.learning_rate *= 2.0 / static_cast<double>(terms.shape.outputs());
  LayerSteps steps;
  const double residual_max = linear ? kLinearResidualMax : 1.0;
  const double decay = terms.rule.learning_rate * terms.rule.l2;
  // The largest change of a weight in one batch, and what momentum gathers of it.
  const double change = rule.learning_rate * kFeatureMax * residual_max * kRounding + decay * kWeightMax;
  const double velocity = (change + kCutError) * gathered(rule.momentum);
  for (std::size_t k = 0; k < layers; ++k) {
    PAI_ASSIGN(const auto scale, checked_step_scale(rule, terms.batch_size,
                                                    {.inputs = terms.shape.fan_in(k),
                                                     .gradient_scale = gradient_scale(k),
                                                     .residual_max = residual_max}));
    steps.factor = scale.mantissa;
    const int truncation = scale.truncation(gradient_scale(k));
    steps.layers.push_back({.truncation = truncation,
                            .decay = static_cast<Word>(std::llround(std::ldexp(decay, truncation))),
                            .gradient_bound = bound_of(std::ldexp(change, kWeightScale + truncation)),
                            .velocity_bound = bound_of(std::ldexp(velocity, kWeightScale + kMomentumScale))});
  }
  return steps;
}

}  // namespace pai::client::nn
