#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <utility>
#include <vector>

#include "client/nn/core/model_shape.h"
#include "client/nn/core/settings.h"

namespace pai::client::nn {

/// Weights and biases of one layer in double precision.
struct PlainLayer {
  std::size_t fan_in = 0, fan_out = 0;
  std::vector<double> weights;                         ///< fan_in × fan_out, row-major
  std::vector<double> biases;                          ///< fan_out
  std::vector<double> weight_velocity, bias_velocity;  ///< used with momentum only, of the same sizes
};

/// The layer as every party has it before the first step; velocities 0.
PlainLayer initial_layer(const ModelShape& shape, std::size_t layer, std::uint64_t seed);

/// One step of the optimizer with the gradient summed over a batch of B rows, g = Σ/B: sgd w ← w − η(g + λw);
/// momentum v ← βv + g + λw, w ← w − ηv. Biases are not decayed (λ = 0).
void update_layer(const TrainingRule& rule, std::size_t batch, std::span<const double> weight_gradient,
                  std::span<const double> bias_gradient, PlainLayer& layer);

/// What stands in place of the sigmoid, for tests: out[i] from z[i], over a whole array.
struct Activation {
  using Function = std::function<void(std::span<const double> z, std::span<double> out)>;
  Function value;
  Function slope;  ///< the derivative
};

/// The layers after the first, in the clear: what the label client runs at `security: "split"`, and the top
/// of PlainNetwork. When the shape has one layer there are none, and z1 is the output's logit.
///
/// All matrices are row-major, rows × width; any number of rows from 1. One thread; buffers are kept between
/// calls.
class TopNetwork {
 public:
  TopNetwork(const ModelShape& shape, const TrainingRule& rule, std::uint64_t seed);

  const ModelShape& shape() const { return shape_; }
  /// Layer k of the shape, k from 1.
  PlainLayer& layer(std::size_t k) { return layers_[k - 1]; }
  const PlainLayer& layer(std::size_t k) const { return layers_[k - 1]; }
  /// The exact sigmoid unless set.
  void set_activation(Activation activation) { activation_ = std::move(activation); }

  /// Logits (the last z) from the first layer's z1 (rows × widths[0]); rows × outputs, valid until the next
  /// call.
  std::span<const double> forward(std::span<const double> z1);

  /// One step on a batch. `gradient` (rows × widths[0]) becomes ∂/∂z1 of the objective summed over the rows,
  /// not divided by their number; then the layers are updated. The objective of a row is Σ_c log-loss, Σ_c (σ
  /// − y)²/C, or without an output activation ½ Σ_c (z − y)². `labels` is rows × outputs.
  void step(std::span<const double> z1, std::span<const double> labels, std::span<double> gradient);

 private:
  void activate(std::span<const double> z, std::span<double> out) const;
  /// delta ∘= σ′(z), where a = σ(z).
  void multiply_by_slope(std::span<const double> z, std::span<const double> a, std::span<double> delta);
  void residual(std::span<const double> logits, std::span<const double> labels, std::span<double> out);

  ModelShape shape_;
  TrainingRule rule_;
  std::vector<PlainLayer> layers_;
  Activation activation_;
  std::vector<std::vector<double>> z_;  ///< of the last forward, by layer of the shape
  std::vector<std::vector<double>> a_;  ///< their activations, but for the last
  std::vector<double> delta_, below_, slope_, gradient_, transposed_;
};

/// The float twin of the protocol: the same network, batches and initial weights in double precision.
class PlainNetwork {
 public:
  PlainNetwork(const ModelShape& shape, const TrainingRule& rule, std::uint64_t seed);

  const ModelShape& shape() const { return top_.shape(); }
  PlainLayer& layer(std::size_t k) { return k == 0 ? first_ : top_.layer(k); }
  const PlainLayer& layer(std::size_t k) const { return k == 0 ? first_ : top_.layer(k); }
  void set_activation(Activation activation) { top_.set_activation(std::move(activation)); }

  /// Logits of the rows of x (rows × features); rows × outputs, valid until the next call.
  std::span<const double> forward(std::span<const double> x);
  /// One step on a batch: x is rows × features, labels rows × outputs.
  void step(std::span<const double> x, std::span<const double> labels);

 private:
  std::size_t first_product(std::span<const double> x);

  TrainingRule rule_;
  TopNetwork top_;
  PlainLayer first_;
  std::vector<double> z1_, delta1_, gradient_;
};

}  // namespace pai::client::nn
