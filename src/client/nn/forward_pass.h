#pragma once

#include <vector>

#include "client/mpc/cut_tensor.h"
#include "client/mpc/owned_product.h"
#include "client/mpc/shared_product.h"
#include "client/mpc/sigmoid.h"
#include "client/nn/hidden_activation.h"
#include "client/nn/party.h"
#include "client/nn/shared_model.h"

namespace pai::client::nn {

/// From a batch of rows to the last layer's z on shares; one use a `draw`, the object serves many.
///
/// Rounds: one for all weights under their masks, then two a hidden layer (wave angles; truncation of σ and σ′), three where the layer after it
/// has more than kOutputsOfCutInputs outputs (activations under masks). z has scale 36 with one layer, else 34.
class ForwardPass {
 public:
  /// `for_training`: the slopes are kept for the way back.
  ForwardPass(const ModelShape& shape, bool for_training);

  void draw(mpc::Source& source, const mpc::OwnedRows& batch);
  /// `z` is B × outputs.
  Status run(const Party& party, const SharedModel& model, const mpc::OwnedRows& batch, std::vector<Word>& z);

  int output_scale() const;
  const ModelShape& shape() const { return shape_; }
  /// What the way back needs of the layers: hidden layer k's activations and slopes, and the weights of layer k ≥ 1.
  const HiddenActivation& activation(std::size_t k) const { return hidden_[k].activation; }
  const mpc::CutTensor& slope(std::size_t k) const { return hidden_[k].slope; }
  const mpc::MaskedTensor& weights(std::size_t k) const { return later_[k - 1].weights; }

 private:
  struct Hidden {  // layers 0 … L−2
    explicit Hidden(std::size_t outputs) : activation(outputs) {}
    mpc::Waves waves;
    HiddenActivation activation;
    mpc::CutTensor slope;
  };
  struct Later {  // layers 1 … L−1
    mpc::MaskedTensor weights;
    ActivationProduct product;
  };
  Status activate(const Party& party, Hidden& layer, std::span<const Word> z);

  ModelShape shape_;
  bool for_training_;
  mpc::OwnedProduct first_;
  std::vector<Hidden> hidden_;
  std::vector<Later> later_;
  std::vector<Word> value_, slope_;
};

/// z += biases, brought to z's scale; z is rows × biases.size().
void add_biases(std::span<Word> z, std::span<const Word> biases, int scale);

}  // namespace pai::client::nn
