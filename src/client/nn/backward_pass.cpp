#include "client/nn/backward_pass.h"

#include "client/nn/core/initial_weights.h"
#include "client/nn/core/normalisation.h"
#include "client/nn/scales.h"

namespace pai::client::nn {

using Kind = mpc::SharedProduct::Kind;

void sum_rows(std::span<const Word> delta, int shift, std::span<Word> sum) {
  std::fill(sum.begin(), sum.end(), 0);
  for (std::size_t i = 0; i < delta.size(); i += sum.size()) {
    for (std::size_t j = 0; j < sum.size(); ++j) sum[j] += delta[i + j];
  }
  for (auto& word : sum) word <<= shift;
}

BackwardPass::BackwardPass(const ModelShape& shape, int residual_scale)
    : shape_(shape), residual_scale_(residual_scale), later_(shape.layers() - 1) {}

int BackwardPass::delta_scale(std::size_t layer) const {
  return layer + 1 == shape_.layers() ? residual_scale_ : kDeltaScale;
}

int BackwardPass::gradient_scale(std::size_t layer) const {
  return delta_scale(layer) + (layer == 0 ? kFeatureScale : kActivationScale);
}

void BackwardPass::draw(mpc::Source& source, const ForwardPass& forward, const mpc::OwnedRows& batch) {
  const auto rows = batch.masked.rows;
  for (std::size_t k = shape_.layers() - 1; k > 0; --k) {
    auto& layer = later_[k - 1];
    const auto in = shape_.fan_in(k), out = shape_.fan_out(k);
    layer.delta.draw(source, rows * out);
    layer.gradient.draw(source, {Kind::kFirstTransposed, in, rows, out}, forward.activation(k - 1), layer.delta);
    layer.back.draw(source, {Kind::kSecondTransposed, rows, out, in}, layer.delta, forward.weights(k));
    layer.error.draw(source, rows * in, delta_scale(k) + kWeightScale - kErrorScale);
    layer.times_slope.draw(source, layer.error, forward.slope(k - 1));
  }
  first_.draw(source, batch, shape_.fan_out(0));
}

Status BackwardPass::run(const Party& party, const ForwardPass& forward, const mpc::OwnedRows& batch,
                         std::vector<Word>& delta, std::vector<std::vector<Word>>& gradients) {
  gradients.resize(shape_.layers());
  const auto gradient_of = [&](std::size_t k) {
    gradients[k].resize((shape_.fan_in(k) + 1) * shape_.fan_out(k));
    return std::span(gradients[k]);
  };

  for (std::size_t k = shape_.layers() - 1; k > 0; --k) {
    auto& layer = later_[k - 1];
    layer.delta.mask(delta);
    layer.delta.open(party.exchange);
    PAI_TRY(party.exchange.run());
    const auto gradient = gradient_of(k);
    layer.gradient.take(forward.activation(k - 1), layer.delta, gradient.first(shape_.weights(k)));
    sum_rows(delta, kActivationScale, gradient.last(shape_.fan_out(k)));

    delta.resize(batch.masked.rows * shape_.fan_in(k));
    layer.back.take(layer.delta, forward.weights(k), delta);
    layer.error.mask(delta, party.leads());
    layer.error.open(party.exchange);
    PAI_TRY(party.exchange.run());
    layer.error.take(party.leads());
    layer.times_slope.take(layer.error, forward.slope(k - 1), delta);
  }

  first_.mask(delta);
  first_.open(party.exchange);
  PAI_TRY(party.exchange.run());
  const auto gradient = gradient_of(0);
  first_.take(batch, gradient.first(shape_.weights(0)));
  sum_rows(delta, kFeatureScale, gradient.last(shape_.fan_out(0)));
  return {};
}

}  // namespace pai::client::nn
