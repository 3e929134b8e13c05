#include "client/nn/parameter_tensors.h"

#include <algorithm>
#include <string>

namespace pai::client::nn {

namespace {

std::string name_of(std::size_t layer, const char* what) { return "layer" + std::to_string(layer) + "." + what; }

template <class T>
Status copy_into(const Result<std::span<const T>>& from, std::span<T> to) {
  if (!from.ok()) return from.error();
  std::copy(from->begin(), from->end(), to.begin());
  return {};
}

}  // namespace

void add_shares(TensorFile& file, const SharedModel& model, bool with_velocity) {
  for (std::size_t k = 0; k < model.layers.size(); ++k) {
    const auto& layer = model.layers[k];
    file.add(name_of(k, "weight_share"), {layer.fan_in, layer.fan_out}, layer.weights());
    file.add(name_of(k, "bias_share"), {layer.fan_out}, layer.biases());
    if (with_velocity && !layer.velocity.empty()) {
      file.add(name_of(k, "velocity_share"), {layer.fan_in + 1, layer.fan_out}, std::span<const Word>(layer.velocity));
    }
  }
}

void add_plain_layers(TensorFile& file, const TopNetwork& top, bool with_velocity) {
  for (std::size_t k = 1; k < top.shape().layers(); ++k) {
    const auto& layer = top.layer(k);
    file.add(name_of(k, "weight"), {layer.fan_in, layer.fan_out}, std::span<const double>(layer.weights));
    file.add(name_of(k, "bias"), {layer.fan_out}, std::span<const double>(layer.biases));
    if (with_velocity && !layer.weight_velocity.empty()) {
      file.add(name_of(k, "weight_velocity"), {layer.fan_in, layer.fan_out}, std::span<const double>(layer.weight_velocity));
      file.add(name_of(k, "bias_velocity"), {layer.fan_out}, std::span<const double>(layer.bias_velocity));
    }
  }
}

Status take_shares(const TensorFile& file, SharedModel& model, bool with_velocity) {
  for (std::size_t k = 0; k < model.layers.size(); ++k) {
    auto& layer = model.layers[k];
    const std::uint64_t weight_shape[] = {layer.fan_in, layer.fan_out}, bias_shape[] = {layer.fan_out},
                        velocity_shape[] = {layer.fan_in + 1, layer.fan_out};
    PAI_TRY(copy_into(file.words(name_of(k, "weight_share"), weight_shape), layer.weights()));
    PAI_TRY(copy_into(file.words(name_of(k, "bias_share"), bias_shape), layer.biases()));
    if (with_velocity && !layer.velocity.empty()) {
      PAI_TRY(copy_into(file.words(name_of(k, "velocity_share"), velocity_shape), std::span(layer.velocity)));
    }
  }
  return {};
}

Status take_plain_layers(const TensorFile& file, TopNetwork& top, bool with_velocity) {
  for (std::size_t k = 1; k < top.shape().layers(); ++k) {
    auto& layer = top.layer(k);
    const std::uint64_t weight_shape[] = {layer.fan_in, layer.fan_out}, bias_shape[] = {layer.fan_out};
    PAI_TRY(copy_into(file.numbers(name_of(k, "weight"), weight_shape), std::span(layer.weights)));
    PAI_TRY(copy_into(file.numbers(name_of(k, "bias"), bias_shape), std::span(layer.biases)));
    if (with_velocity && !layer.weight_velocity.empty()) {
      PAI_TRY(copy_into(file.numbers(name_of(k, "weight_velocity"), weight_shape), std::span(layer.weight_velocity)));
      PAI_TRY(copy_into(file.numbers(name_of(k, "bias_velocity"), bias_shape), std::span(layer.bias_velocity)));
    }
  }
  return {};
}

}  // namespace pai::client::nn
