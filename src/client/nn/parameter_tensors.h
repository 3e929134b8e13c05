#pragma once

#include "client/nn/core/plain_network.h"
#include "client/nn/core/safetensors.h"
#include "client/nn/shared_model.h"

namespace pai::client::nn {

/// Parameters as named tensors: `layerK.weight_share` (fan_in × fan_out, U64), `layerK.bias_share`, `layerK.velocity_share`; layers in the
/// clear as `layerK.weight`, `layerK.bias` (F64) and `layerK.weight_velocity`, `layerK.bias_velocity`.
void add_shares(TensorFile& file, const SharedModel& model, bool with_velocity);
void add_plain_layers(TensorFile& file, const TopNetwork& top, bool with_velocity);

/// The reverse, into layers of the right shape. kInvalid when a tensor is missing or of another shape.
Status take_shares(const TensorFile& file, SharedModel& model, bool with_velocity);
Status take_plain_layers(const TensorFile& file, TopNetwork& top, bool with_velocity);

}  // namespace pai::client::nn
