#pragma once

#include <functional>
#include <vector>

#include "client/nn/parameter_update.h"
#include "client/nn/training_step.h"

namespace pai::client::nn {

/// How the learning rate is divided among public factors (protocols.md section 6): rate / batch = factor · 2^−e.
struct LayerSteps {
  double factor = 1;  ///< of the residual, in [½, 1)
  std::vector<ParameterUpdate::LayerStep> layers;
};

/// For the first `layers` layers, whose gradients have the given scales. The squared loss's 2/C joins the rate. kInvalid, naming the setting,
/// when a step does not fit into the ring. The bounds hold for features up to 6 and weights up to 2^10, and without a sigmoid for |z − y| up to
/// kLinearResidualMax.
Result<LayerSteps> layer_steps(const StepTerms& terms, std::size_t layers,
                               const std::function<int(std::size_t)>& gradient_scale);

}  // namespace pai::client::nn
