#pragma once

#include <memory>

#include "client/nn/layer_steps.h"
#include "client/nn/training_step.h"

namespace pai::client::nn {

/// security "full" for a model of one layer, in a round less than a network's step would take: its weights'
/// product is carried from batch to batch (mpc::CarriedProduct).
std::unique_ptr<TrainingStep> make_linear_step(const StepTerms& terms, LayerSteps steps);

/// Whether that is worth it: carrying fails for a batch when a single word's sum may have wrapped, and of so
/// many and so large ones there would be more than one a batch on average.
bool linear_step_pays(const StepTerms& terms, const LayerSteps& steps);

}  // namespace pai::client::nn
