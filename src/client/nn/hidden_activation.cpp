#include "client/nn/hidden_activation.h"

#include "client/nn/scales.h"

namespace pai::client::nn {

void HiddenActivation::draw(mpc::Source& source, std::size_t size) {
  cut_.draw(source, size, ring::kSigmoidScale - kActivationScale, mpc::CutRing::kNarrow);
  if (!is_cut_) masked_.draw(source, size);
}

Status HiddenActivation::settle(const Party& party) {
  cut_.take(party.leads());
  if (is_cut_) return {};
  masked_.mask(cut_.share());
  masked_.open(party.exchange);
  return party.exchange.run();
}

void ActivationProduct::draw(mpc::Source& source, const mpc::SharedProduct::Shape& shape,
                             const HiddenActivation& x, const mpc::MaskedTensor& y) {
  if (x.is_cut_) {
    cut_.draw(source, shape, x.cut_, y);
  } else {
    masked_.draw(source, shape, x.masked_, y);
  }
}

void ActivationProduct::take(const HiddenActivation& x, const mpc::MaskedTensor& y,
                             std::span<Word> product) const {
  if (x.is_cut_) {
    cut_.take(x.cut_, y, product);
  } else {
    masked_.take(x.masked_, y, product);
  }
}

}  // namespace pai::client::nn
