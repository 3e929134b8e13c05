#include "client/nn/core/model_shape.h"

#include <string>

#include "common/base/text.h"

namespace pai::client::nn {
namespace {

Error invalid(std::string_view setting, const std::string& what) {
  return Error(ErrorCode::kInvalid, std::string(setting) + ": " + what)
      .with_detail({ErrorDetail::Kind::kPath, std::string(setting), what});
}

Status check_width(std::string_view setting, std::size_t width) {
  if (width >= 1 && width <= kWidthMax) return {};
  return invalid(setting, std::to_string(width) + " is not a width from 1 to " + with_thousands(kWidthMax));
}

}  // namespace

std::uint64_t ModelShape::parameters() const {
  std::uint64_t sum = 0;
  for (std::size_t k = 0; k < layers(); ++k) sum += std::uint64_t{fan_in(k) + 1} * fan_out(k);
  return sum;
}

Result<std::vector<std::size_t>> layer_widths(const ShapeSettings& settings) {
  if (settings.out_dim) PAI_TRY(check_width("out_dim", *settings.out_dim));
  if (settings.in_dim) PAI_TRY(check_width("in_dim", *settings.in_dim));
  for (std::size_t i = 0; i < settings.layers.size(); ++i) {
    PAI_TRY(check_width("layers[" + std::to_string(i) + "]", settings.layers[i]));
  }
  std::vector<std::size_t> widths;
  if (settings.layers.empty()) {
    const std::size_t width = settings.in_dim.value_or(settings.out_dim.value_or(1));
    if (settings.out_dim && width != *settings.out_dim) {
      return invalid("in_dim", std::to_string(width) + " contradicts out_dim " +
                                   std::to_string(*settings.out_dim) +
                                   ": without layers the first layer is the output")
          .with_hint("leave in_dim out for a linear model, or end `layers` with the width out_dim");
    }
    widths.push_back(width);
    return widths;
  }
  if (!settings.in_dim) {
    return invalid("in_dim", "is missing: `layers` are given, so the width of the first layer is needed");
  }
  widths.push_back(*settings.in_dim);
  widths.insert(widths.end(), settings.layers.begin(), settings.layers.end());
  if (settings.out_dim && widths.back() != *settings.out_dim) {
    return invalid("out_dim", std::to_string(*settings.out_dim) + " contradicts the last of `layers`, " +
                                  std::to_string(widths.back()))
        .with_hint("the last of `layers` is the output: end `layers` with " +
                   std::to_string(*settings.out_dim) + ", or set out_dim to " +
                   std::to_string(widths.back()));
  }
  return widths;
}

Result<ModelShape> model_shape(std::size_t features, const ShapeSettings& settings) {
  if (features == 0) return Error(ErrorCode::kInvalid, "the feature clients have no columns to train with");
  ModelShape shape{features, {}};
  PAI_ASSIGN(shape.widths, layer_widths(settings));
  // Neither product nor sum can overflow: a width has 17 bits, and there are not 2^30 layers in a request.
  if (features > kParametersMax || shape.parameters() > kParametersMax) {
    return Error(ErrorCode::kInvalid, "the network is too large: " + with_thousands(features) +
                                          " features and these layers make more than " +
                                          with_thousands(kParametersMax) + " weights")
        .with_hint("lower in_dim or layers");
  }
  return shape;
}

}  // namespace pai::client::nn
