#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "client/nn/core/model_shape.h"
#include "client/ring/matrix.h"

namespace pai::client::nn {

using ring::Word;

/// A party's share of a layer, at scale 20.
struct SharedLayer {
  std::size_t fan_in = 0;
  std::size_t fan_out = 0;
  std::vector<Word> parameters;  ///< (fan_in + 1) × fan_out: the weights, then a row of biases
  std::vector<Word> velocity;    ///< likewise; empty without momentum

  std::span<Word> weights() { return std::span(parameters).first(fan_in * fan_out); }
  std::span<const Word> weights() const { return std::span(parameters).first(fan_in * fan_out); }
  std::span<Word> biases() { return std::span(parameters).last(fan_out); }
  std::span<const Word> biases() const { return std::span(parameters).last(fan_out); }
};

/// A party's share of the layers that are computed on shares: all of them at security "full", the first at "split".
struct SharedModel {
  ModelShape shape;
  std::vector<SharedLayer> layers;
};

/// The public initial weights of `layers` layers as shares: the leading party has them, the others have zeros. They are secret from the
/// first update on, whose truncation masks them afresh.
SharedModel initial_model(const ModelShape& shape, std::size_t layers, std::uint64_t seed, bool momentum, bool leads);

}  // namespace pai::client::nn
