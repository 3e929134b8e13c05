#include "client/nn/forward_pass.h"

#include "client/nn/core/initial_weights.h"
#include "client/nn/sigmoid_shares.h"

namespace pai::client::nn {

namespace {

constexpr Word kHalf = Word{1} << (ring::kSigmoidScale - 1);

int scale_of_output(std::size_t layer) { return layer == 0 ? kFirstOutputScale : kLaterOutputScale; }

}  // namespace

void add_biases(std::span<Word> z, std::span<const Word> biases, int scale) {
  const int shift = scale - kWeightScale;
  for (std::size_t i = 0; i < z.size(); i += biases.size()) {
    for (std::size_t j = 0; j < biases.size(); ++j) z[i + j] += biases[j] << shift;
  }
}

ForwardPass::ForwardPass(const ModelShape& shape, bool for_training)
    : shape_(shape), for_training_(for_training), later_(shape.layers() - 1) {
  for (std::size_t k = 0; k + 1 < shape.layers(); ++k) hidden_.emplace_back(shape.fan_out(k + 1));
}

int ForwardPass::output_scale() const { return scale_of_output(shape_.layers() - 1); }

void ForwardPass::draw(mpc::Source& source, const mpc::OwnedRows& batch) {
  const auto rows = batch.masked.rows;
  first_.draw(source, batch, shape_.fan_out(0));
  for (std::size_t k = 1; k < shape_.layers(); ++k) later_[k - 1].weights.draw(source, shape_.weights(k));
  for (std::size_t k = 0; k + 1 < shape_.layers(); ++k) {
    auto& hidden = hidden_[k];
    const auto size = rows * shape_.fan_out(k);
    hidden.waves.draw(source, size, scale_of_output(k), kHarmonics, kWaveBits);
    hidden.activation.draw(source, size);
    if (for_training_) hidden.slope.draw(source, size, ring::kSigmoidScale - kSlopeScale, mpc::CutRing::kNarrow);
    later_[k].product.draw(
        source,
        {mpc::SharedProduct::Kind::kMatrix, rows, shape_.fan_out(k), shape_.fan_out(k + 1)},
        hidden.activation, later_[k].weights);
  }
}

Status ForwardPass::run(const Party& party, const SharedModel& model, const mpc::OwnedRows& batch, std::vector<Word>& z) {
  const auto rows = batch.masked.rows;

  // All weights under their masks: the first layer's for P1, the others' for their products.
  first_.mask(model.layers[0].weights());
  first_.open(party.exchange);
  for (std::size_t k = 1; k < shape_.layers(); ++k) {
    later_[k - 1].weights.mask(model.layers[k].weights());
    later_[k - 1].weights.open(party.exchange);
  }
  PAI_TRY(party.exchange.run());
  z.resize(rows * shape_.fan_out(0));
  first_.take(batch, z);
  add_biases(z, model.layers[0].biases(), kFirstOutputScale);

  for (std::size_t k = 0; k + 1 < shape_.layers(); ++k) {
    PAI_TRY(activate(party, hidden_[k], z));
    z.resize(rows * shape_.fan_out(k + 1));
    later_[k].product.take(hidden_[k].activation, later_[k].weights, z);
    add_biases(z, model.layers[k + 1].biases(), kLaterOutputScale);
  }
  return {};
}

/// z → σ(z) at scale 14 and σ′(z) at scale 12, as their products take them.
Status ForwardPass::activate(const Party& party, Hidden& layer, std::span<const Word> z) {
  auto& exchange = party.exchange;
  const auto& series = SigmoidSeries::plain();

  layer.waves.mask(z);
  layer.waves.open(exchange);
  PAI_TRY(exchange.run());
  value_.resize(z.size());
  slope_.resize(for_training_ ? z.size() : 0);
  layer.waves.take(series.values, for_training_ ? std::span<const double>(series.slopes) : std::span<const double>(),
                   value_, slope_);
  if (party.leads()) {
    for (auto& word : value_) word += kHalf;
  }

  layer.activation.mask(value_, party.leads());
  layer.activation.open(exchange);
  if (for_training_) {
    layer.slope.mask(slope_, party.leads());
    layer.slope.open(exchange);
  }
  PAI_TRY(exchange.run());
  if (for_training_) layer.slope.take(party.leads());
  return layer.activation.settle(party);
}

}  // namespace pai::client::nn
