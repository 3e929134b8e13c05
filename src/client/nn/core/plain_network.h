#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "client/nn/core/model_shape.h"
#include "client/nn/core/settings.h"

namespace pai::client::nn {

/// Weights and biases of one layer in double precision.
struct PlainLayer {
  std::size_t fan_in = 0, fan_out = 0;
  std::vector<double> weights;                         ///< fan_in × fan_out, row-major
  std::vector<double> biases;                          ///< fan_out
  std::vector<double> weight_velocity, bias_velocity;  ///< empty unless momentum
};

/// What stands in place of the sigmoid, for tests: both over a whole array, out[i] of z[i].
struct Activation {
  std::function<void(std::span<const double> z, std::span<double> out)> value;
  std::function<void(std::span<const double> z, std::span<double> out)> slope;  ///< σ′(z)
};

/// The layers after the first, in the clear: what the label client runs at `security: "split"`, and the top
/// of PlainNetwork. With one layer in the shape there are none, and z1 is the output's logit.
///
/// All matrices are row-major, rows × width. One thread; buffers are kept between calls.
class TopNetwork {
 public:
  /// Initial weights from the seed, as the protocol has them; biases 0.
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

  /// One step on a batch: runs the layers, writes ∂(Σ over the rows of the objective)/∂z1 (rows × widths[0],
  /// not divided by the batch), updates the layers. The objective of a row is Σ_c log-loss, Σ_c (σ − y)²/C,
  /// or ½ Σ_c (z − y)². `labels` is rows × outputs.
  void step(std::span<const double> z1, std::span<const double> labels, std::span<double> gradient);

 private:
  friend class PlainNetwork;
  void activate(std::span<const double> z, std::vector<double>& out) const;
  void output_residual(std::span<const double> logits, std::span<const double> labels,
                       std::span<double> residual);
  void slope(std::span<const double> z, std::span<const double> activated, std::vector<double>& out) const;

  ModelShape shape_;
  TrainingRule rule_;
  std::vector<PlainLayer> layers_;
  Activation activation_;
  // of the last forward: z and activation of each layer, the first layer's too
  std::vector<std::vector<double>> z_, a_;
  std::vector<double> delta_, next_delta_, slope_, gradient_;
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
  TrainingRule rule_;
  TopNetwork top_;
  PlainLayer first_;
  std::vector<double> z1_, delta1_, gradient_;
};

/// w ← w − η·g/B and so on, as the rule says: with momentum v ← βv + g/B + λw, w ← w − ηv; biases are not
/// decayed.
void update_layer(const TrainingRule& rule, std::size_t batch, std::span<const double> weight_gradient,
                  std::span<const double> bias_gradient, PlainLayer& layer);

/// 1 / (1 + e^−z), to about 1e-15, four or eight at once where the processor can. In place is fine.
void sigmoid(std::span<const double> z, std::span<double> out);

}  // namespace pai::client::nn
