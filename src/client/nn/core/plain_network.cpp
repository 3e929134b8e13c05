#include "client/nn/core/plain_network.h"

#include <algorithm>

#include "client/nn/core/initial_weights.h"
#include "client/nn/core/products.h"
#include "common/base/check.h"

namespace pai::client::nn {
namespace {

/// Each row of z becomes the biases.
void fill_rows(std::span<double> z, std::span<const double> biases) {
  for (std::size_t at = 0; at < z.size(); at += biases.size())
    std::copy(biases.begin(), biases.end(), z.begin() + static_cast<std::ptrdiff_t>(at));
}

/// The gradient of weights and biases, one after the other, from a layer's input and the delta at its output.
void layer_gradient(const PlainLayer& layer, std::span<const double> input, std::span<const double> delta,
                    std::vector<double>& gradient) {
  const std::size_t rows = delta.size() / layer.fan_out;
  gradient.assign(layer.weights.size() + layer.biases.size(), 0);
  add_transposed_product(gradient.data(), input.data(), delta.data(), layer.fan_in, rows, layer.fan_out);
  double* const biases = gradient.data() + layer.weights.size();
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t j = 0; j < layer.fan_out; ++j) biases[j] += delta[i * layer.fan_out + j];
  }
}

void update(const TrainingRule& rule, double decay, std::size_t batch, std::span<const double> gradient,
            std::span<double> weights, std::vector<double>& velocity) {
  const double part = 1 / static_cast<double>(batch);
  const double rate = rule.learning_rate;
  if (rule.optimizer == Optimizer::kSgd) {
    for (std::size_t i = 0; i < weights.size(); ++i)
      weights[i] -= rate * (gradient[i] * part + decay * weights[i]);
    return;
  }
  velocity.resize(weights.size());
  for (std::size_t i = 0; i < weights.size(); ++i) {
    velocity[i] = rule.momentum * velocity[i] + gradient[i] * part + decay * weights[i];
    weights[i] -= rate * velocity[i];
  }
}

}  // namespace

PlainLayer initial_layer(const ModelShape& shape, std::size_t layer, std::uint64_t seed) {
  PlainLayer made{shape.fan_in(layer), shape.fan_out(layer), {}, {}, {}, {}};
  made.weights = initial_weights_plain(seed, layer, made.fan_in, made.fan_out);
  made.biases.assign(made.fan_out, 0);
  made.weight_velocity.assign(made.weights.size(), 0);
  made.bias_velocity.assign(made.fan_out, 0);
  return made;
}

void update_layer(const TrainingRule& rule, std::size_t batch, std::span<const double> weight_gradient,
                  std::span<const double> bias_gradient, PlainLayer& layer) {
  PAI_CHECK(weight_gradient.size() == layer.weights.size() && bias_gradient.size() == layer.biases.size(),
            "a gradient of the layer's shape");
  update(rule, rule.l2, batch, weight_gradient, layer.weights, layer.weight_velocity);
  update(rule, 0, batch, bias_gradient, layer.biases, layer.bias_velocity);
}

TopNetwork::TopNetwork(const ModelShape& shape, const TrainingRule& rule, std::uint64_t seed)
    : shape_(shape), rule_(rule), z_(shape.layers()), a_(shape.layers() - 1) {
  for (std::size_t k = 1; k < shape.layers(); ++k) layers_.push_back(initial_layer(shape, k, seed));
}

void TopNetwork::activate(std::span<const double> z, std::span<double> out) const {
  if (activation_.value)
    activation_.value(z, out);
  else
    sigmoid(z, out);
}

void TopNetwork::multiply_by_slope(std::span<const double> z, std::span<const double> a,
                                   std::span<double> delta) {
  if (!activation_.slope) {
    for (std::size_t i = 0; i < delta.size(); ++i) delta[i] *= a[i] * (1 - a[i]);
    return;
  }
  slope_.resize(z.size());
  activation_.slope(z, slope_);
  for (std::size_t i = 0; i < delta.size(); ++i) delta[i] *= slope_[i];
}

std::span<const double> TopNetwork::forward(std::span<const double> z1) {
  PAI_CHECK(!z1.empty() && z1.size() % shape_.widths[0] == 0, "whole rows of the first layer");
  const std::size_t rows = z1.size() / shape_.widths[0];
  z_[0].assign(z1.begin(), z1.end());
  for (std::size_t k = 1; k < shape_.layers(); ++k) {
    a_[k - 1].resize(z_[k - 1].size());
    activate(z_[k - 1], a_[k - 1]);
    z_[k].resize(rows * shape_.fan_out(k));
    fill_rows(z_[k], layer(k).biases);
    add_product(z_[k].data(), a_[k - 1].data(), layer(k).weights.data(), rows, shape_.fan_in(k),
                shape_.fan_out(k));
  }
  return z_.back();
}

void TopNetwork::residual(std::span<const double> logits, std::span<const double> labels,
                          std::span<double> out) {
  const bool linear = rule_.activation == OutputActivation::kNone;
  if (linear)
    std::copy(logits.begin(), logits.end(), out.begin());
  else
    activate(logits, out);
  if (linear || rule_.loss == Loss::kLogloss) {
    for (std::size_t i = 0; i < out.size(); ++i) out[i] -= labels[i];
    return;
  }
  const std::vector<double> activated(out.begin(), out.end());
  const double factor = 2 / static_cast<double>(shape_.outputs());
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = factor * (out[i] - labels[i]);
  multiply_by_slope(logits, activated, out);
}

void TopNetwork::step(std::span<const double> z1, std::span<const double> labels,
                      std::span<double> gradient) {
  const auto logits = forward(z1);
  PAI_CHECK(labels.size() == logits.size() && gradient.size() == z1.size(),
            "labels and gradient of the batch");
  const std::size_t rows = z1.size() / shape_.widths[0];
  delta_.resize(logits.size());
  residual(logits, labels, delta_);
  for (std::size_t k = shape_.layers() - 1; k > 0; --k) {
    PlainLayer& here = layer(k);
    layer_gradient(here, a_[k - 1], delta_, gradient_);
    // Back through the weights as they were in the forward pass: delta · Wᵀ.
    transposed_.resize(here.weights.size());
    for (std::size_t i = 0; i < here.fan_in; ++i) {
      for (std::size_t j = 0; j < here.fan_out; ++j)
        transposed_[j * here.fan_in + i] = here.weights[i * here.fan_out + j];
    }
    below_.assign(rows * here.fan_in, 0);
    add_product(below_.data(), delta_.data(), transposed_.data(), rows, here.fan_out, here.fan_in);
    multiply_by_slope(z_[k - 1], a_[k - 1], below_);
    update_layer(rule_, rows, std::span(gradient_).first(here.weights.size()),
                 std::span(gradient_).last(here.biases.size()), here);
    std::swap(delta_, below_);
  }
  std::copy(delta_.begin(), delta_.end(), gradient.begin());
}

PlainNetwork::PlainNetwork(const ModelShape& shape, const TrainingRule& rule, std::uint64_t seed)
    : rule_(rule), top_(shape, rule, seed), first_(initial_layer(shape, 0, seed)) {}

std::size_t PlainNetwork::first_product(std::span<const double> x) {
  PAI_CHECK(!x.empty() && x.size() % first_.fan_in == 0, "whole rows of features");
  const std::size_t rows = x.size() / first_.fan_in;
  z1_.resize(rows * first_.fan_out);
  fill_rows(z1_, first_.biases);
  add_product(z1_.data(), x.data(), first_.weights.data(), rows, first_.fan_in, first_.fan_out);
  return rows;
}

std::span<const double> PlainNetwork::forward(std::span<const double> x) {
  first_product(x);
  return top_.forward(z1_);
}

void PlainNetwork::step(std::span<const double> x, std::span<const double> labels) {
  const std::size_t rows = first_product(x);
  delta1_.resize(z1_.size());
  top_.step(z1_, labels, delta1_);
  layer_gradient(first_, x, delta1_, gradient_);
  update_layer(rule_, rows, std::span(gradient_).first(first_.weights.size()),
               std::span(gradient_).last(first_.biases.size()), first_);
}

}  // namespace pai::client::nn
