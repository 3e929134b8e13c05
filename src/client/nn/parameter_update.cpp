#include "client/nn/parameter_update.h"

#include "client/nn/scales.h"
#include "client/ring/words.h"

namespace pai::client::nn {

ParameterUpdate::ParameterUpdate(const TrainingRule& rule, std::vector<LayerStep> layers)
    : rule_(rule), steps_(std::move(layers)), gradient_cuts_(steps_.size()) {
  if (rule.optimizer == Optimizer::kMomentum) velocity_cuts_.resize(steps_.size());
}

void ParameterUpdate::draw(mpc::Source& source, const ModelShape& shape) {
  for (std::size_t k = 0; k < steps_.size(); ++k) {
    const auto size = shape.weights(k) + shape.fan_out(k);
    gradient_cuts_[k].draw(source, size, steps_[k].truncation);
    if (!velocity_cuts_.empty()) velocity_cuts_[k].draw(source, size, kMomentumScale);
  }
}

void ParameterUpdate::carry(std::size_t layer, mpc::CarriedProduct& product) const {
  product.carry(gradient_cuts_[layer], steps_[layer].gradient_bound);
  if (!velocity_cuts_.empty()) product.carry(velocity_cuts_[layer], steps_[layer].velocity_bound);
}

Status ParameterUpdate::run(const Party& party, SharedModel& model, std::vector<std::vector<Word>>& gradients) {
  const Word beta = ring::encode(rule_.momentum, kMomentumScale);
  for (std::size_t k = 0; k < steps_.size(); ++k) {
    auto& layer = model.layers[k];
    ring::add_scaled(std::span(gradients[k]).first(layer.weights().size()), steps_[k].decay, layer.weights());
    gradient_cuts_[k].mask(gradients[k], party.leads());
    gradient_cuts_[k].open(party.exchange);
    if (velocity_cuts_.empty()) continue;
    for (auto& word : layer.velocity) word *= beta;
    velocity_cuts_[k].mask(layer.velocity, party.leads());
    velocity_cuts_[k].open(party.exchange);
  }
  PAI_TRY(party.exchange.run());
  for (std::size_t k = 0; k < steps_.size(); ++k) {
    auto& layer = model.layers[k];
    gradient_cuts_[k].take(gradients[k], party.leads());
    if (!velocity_cuts_.empty()) {
      velocity_cuts_[k].take(layer.velocity, party.leads());
      ring::add(layer.velocity, gradients[k]);
      ring::subtract(layer.parameters, layer.velocity);
    } else {
      ring::subtract(layer.parameters, gradients[k]);
    }
  }
  return {};
}

}  // namespace pai::client::nn
