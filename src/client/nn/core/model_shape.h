#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "common/base/result.h"

namespace pai::client::nn {

/// A dense network: layer k has weights fan_in(k) × fan_out(k), row-major (z = x · W + b), and fan_out(k)
/// biases.
struct ModelShape {
  std::size_t features = 0;         ///< columns of all feature clients together, in ascending client id
  std::vector<std::size_t> widths;  ///< of each layer's output; never empty

  std::size_t layers() const { return widths.size(); }
  std::size_t fan_in(std::size_t layer) const { return layer == 0 ? features : widths[layer - 1]; }
  std::size_t fan_out(std::size_t layer) const { return widths[layer]; }
  std::size_t weights(std::size_t layer) const { return fan_in(layer) * fan_out(layer); }
  std::size_t outputs() const { return widths.back(); }
  /// Weights and biases of all layers.
  std::uint64_t parameters() const;

  bool operator==(const ModelShape&) const = default;
};

/// The settings of the main client as the reference names them.
struct ShapeSettings {
  std::optional<std::size_t>
      in_dim;  ///< width of the first, shared layer; absent: out_dim, when there are no layers
  std::vector<std::size_t> layers;     ///< widths after it
  std::optional<std::size_t> out_dim;  ///< must be the last width; absent: the last width
};

inline constexpr std::size_t kWidthMax = 65'536;
inline constexpr std::uint64_t kParametersMax = std::uint64_t{1} << 28;

/// Widths of the layers. kInvalid, naming the setting, when they contradict one another or are out of range.
Result<std::vector<std::size_t>> layer_widths(const ShapeSettings& settings);
/// The whole; kInvalid also for no features or more parameters than kParametersMax.
Result<ModelShape> model_shape(std::size_t features, const ShapeSettings& settings);

}  // namespace pai::client::nn
