#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "common/base/result.h"

namespace pai::client::nn {

/// `loss` of the label client. Both are the reference's names.
enum class Loss { kLogloss, kMse };
/// `optimizer` of the main client.
enum class Optimizer { kSgd, kMomentum };
/// `activation` of the main client: what stands after the last layer. After the others it is always a
/// sigmoid.
enum class OutputActivation { kSigmoid, kNone };

Result<Loss> loss_from(std::string_view name);
std::string_view name_of(Loss loss);
Result<Optimizer> optimizer_from(std::string_view name);
std::string_view name_of(Optimizer optimizer);
Result<OutputActivation> activation_from(std::string_view name);
std::string_view name_of(OutputActivation activation);

/// What of a training the arithmetic of a step needs.
struct TrainingRule {
  Loss loss = Loss::kLogloss;
  OutputActivation activation = OutputActivation::kSigmoid;
  Optimizer optimizer = Optimizer::kSgd;
  double learning_rate = 0.1;
  double l2 = 1e-4;       ///< λ, on weights only
  double momentum = 0.9;  ///< β
};

/// kInvalid when the loss needs a sigmoid and there is none (`activation: "none"` takes `loss: "mse"`).
Status check_rule(const TrainingRule& rule);

}  // namespace pai::client::nn
