#pragma once

#include <vector>

#include "client/mpc/carried_product.h"
#include "client/mpc/truncation.h"
#include "client/nn/core/settings.h"
#include "client/nn/party.h"
#include "client/nn/shared_model.h"

namespace pai::client::nn {

/// Gradients to new parameters on shares, all layers in one round: w ← w − ((g + λ′w) ≫ t), with momentum v ← βv + (…), w ← w − v. The
/// learning rate is in t and in the factor that the residual carries; weights decay, biases do not. One use a `draw`.
class ParameterUpdate {
 public:
  /// What a layer's gradient is cut by, and ηλ·2^t, by which its weights join it; how large the words are that are cut, the gradient's and,
  /// with momentum, the velocity's.
  struct LayerStep {
    int truncation = 0;
    Word decay = 0;
    Word gradient_bound = 0;
    Word velocity_bound = 0;
  };
  ParameterUpdate(const TrainingRule& rule, std::vector<LayerStep> layers);

  void draw(mpc::Source& source, const ModelShape& shape);
  /// Tells a product of a layer's weights what they will lose. After `draw`.
  void carry(std::size_t layer, mpc::CarriedProduct& product) const;
  Status run(const Party& party, SharedModel& model, std::vector<std::vector<Word>>& gradients);

 private:
  TrainingRule rule_;
  std::vector<LayerStep> steps_;
  std::vector<mpc::Truncation> gradient_cuts_, velocity_cuts_;
};

}  // namespace pai::client::nn
