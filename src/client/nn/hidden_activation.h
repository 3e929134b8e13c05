#pragma once

#include <span>
#include <vector>

#include "client/mpc/cut_product.h"
#include "client/mpc/cut_tensor.h"
#include "client/mpc/shared_product.h"
#include "client/nn/party.h"

namespace pai::client::nn {

using ring::Word;

/// Up to so many outputs, a layer's products use its inputs as their truncation left them. An output costs
/// two words of 6 bytes for each input of each row (one on the way back, one forwards), so four cost about
/// half of what the sine tables do; from there on, another round is cheaper.
inline constexpr std::size_t kOutputsOfCutInputs = 4;

/// A hidden layer's σ, cut to scale 14, as it goes into the next layer's products: as its truncation opened
/// it where that layer is narrow, else under a mask of its own, for a round more. One use a `draw`.
class HiddenActivation {
 public:
  /// `outputs` of the next layer.
  explicit HiddenActivation(std::size_t outputs) : is_cut_(outputs <= kOutputsOfCutInputs) {}

  void draw(mpc::Source& source, std::size_t size);
  /// σ at scale 28, right modulo 2^32.
  void mask(std::span<const Word> value, bool leads) { cut_.mask(value, leads); }
  void open(mpc::Exchange& exchange) { cut_.open(exchange); }
  /// After the round of the truncation; runs another where a mask is needed.
  Status settle(const Party& party);

 private:
  friend class ActivationProduct;
  bool is_cut_;
  mpc::CutTensor cut_;
  mpc::MaskedTensor masked_;  // where not `is_cut_`
};

/// A product of an activation with a masked tensor, of kind kMatrix or kFirstTransposed. Drawn after both.
class ActivationProduct {
 public:
  void draw(mpc::Source& source, const mpc::SharedProduct::Shape& shape, const HiddenActivation& x,
            const mpc::MaskedTensor& y);
  /// After the rounds of both.
  void take(const HiddenActivation& x, const mpc::MaskedTensor& y, std::span<Word> product) const;

 private:
  mpc::CutProduct cut_;
  mpc::SharedProduct masked_;
};

}  // namespace pai::client::nn
