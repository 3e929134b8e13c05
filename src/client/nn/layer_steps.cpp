#include "client/nn/layer_steps.h"

#include <cmath>

#include "client/nn/core/learning_rate.h"
#include "client/nn/scales.h"

namespace pai::client::nn {

Result<LayerSteps> layer_steps(const StepTerms& terms, std::size_t layers,
                               const std::function<int(std::size_t)>& gradient_scale) {
  const bool linear = terms.rule.activation == OutputActivation::kNone;
  TrainingRule rule = terms.rule;
  if (rule.loss == Loss::kMse && !linear) rule.learning_rate *= 2.0 / static_cast<double>(terms.shape.outputs());
  LayerSteps steps;
  for (std::size_t k = 0; k < layers; ++k) {
    PAI_ASSIGN(const auto scale, checked_step_scale(rule, terms.batch_size,
                                                    {.inputs = terms.shape.fan_in(k),
                                                     .gradient_scale = gradient_scale(k),
                                                     .residual_max = linear ? kLinearResidualMax : 1.0}));
    steps.factor = scale.mantissa;
    const int truncation = scale.truncation(gradient_scale(k));
    steps.layers.push_back(
        {truncation,
         static_cast<Word>(std::llround(std::ldexp(terms.rule.learning_rate * terms.rule.l2, truncation)))});
  }
  return steps;
}

}  // namespace pai::client::nn
