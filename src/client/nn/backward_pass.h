#pragma once

#include <vector>

#include "client/mpc/cut_product.h"
#include "client/mpc/cut_tensor.h"
#include "client/mpc/owned_product.h"
#include "client/mpc/shared_product.h"
#include "client/nn/hidden_activation.h"
#include "client/nn/forward_pass.h"

namespace pai::client::nn {

/// From the residual at the last layer to every layer's gradient on shares, with the activations, slopes and weights that the forward pass
/// left under their masks. One use a `draw`.
///
/// Rounds: two a layer above the first (its delta under a mask, truncation of the error below it), one for the first.
class BackwardPass {
 public:
  /// `residual_scale` is the scale of the last layer's delta.
  BackwardPass(const ModelShape& shape, int residual_scale);

  /// After the forward pass was drawn.
  void draw(mpc::Source& source, const ForwardPass& forward, const mpc::OwnedRows& batch);
  /// `delta` is used up. `gradients[k]` is (fan_in + 1) × fan_out: weights, then biases, summed over the batch, at gradient_scale(k).
  Status run(const Party& party, const ForwardPass& forward, const mpc::OwnedRows& batch, std::vector<Word>& delta,
             std::vector<std::vector<Word>>& gradients);

  int gradient_scale(std::size_t layer) const;

 private:
  struct Later {  // layers 1 … L−1
    mpc::MaskedTensor delta;
    ActivationProduct gradient;  // activationᵀ · delta
    mpc::SharedProduct back;     // delta · weightsᵀ
    mpc::CutTensor error;
    mpc::CutElements times_slope;
  };
  int delta_scale(std::size_t layer) const;

  ModelShape shape_;
  int residual_scale_;
  mpc::OwnedTransposedProduct first_;
  std::vector<Later> later_;
};

/// The biases' gradient: the sum of delta (rows × sum.size()) over the rows, brought to the scale of the weights' gradient.
void sum_rows(std::span<const Word> delta, int shift, std::span<Word> sum);

}  // namespace pai::client::nn
