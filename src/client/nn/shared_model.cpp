#include "client/nn/shared_model.h"

#include <algorithm>

#include "client/nn/core/initial_weights.h"

namespace pai::client::nn {

SharedModel initial_model(const ModelShape& shape, std::size_t layers, std::uint64_t seed, bool momentum, bool leads) {
  SharedModel model{shape, {}};
  for (std::size_t k = 0; k < layers; ++k) {
    SharedLayer layer{shape.fan_in(k), shape.fan_out(k), {}, {}};
    layer.parameters.assign((layer.fan_in + 1) * layer.fan_out, 0);
    if (momentum) layer.velocity.assign(layer.parameters.size(), 0);
    if (leads) {
      const auto weights = initial_weights(seed, k, layer.fan_in, layer.fan_out);
      std::copy(weights.begin(), weights.end(), layer.parameters.begin());
    }
    model.layers.push_back(std::move(layer));
  }
  return model;
}

}  // namespace pai::client::nn
