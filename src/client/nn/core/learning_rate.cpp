#include "client/nn/core/learning_rate.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>

#include "client/nn/core/initial_weights.h"
#include "common/base/text.h"

namespace pai::client::nn {
namespace {

constexpr double kWordBits = 62;  ///< P2 cuts words below 2^62 in magnitude
constexpr int kFeatureBits = 16;
constexpr double kWeightMaxBits = 20;  ///< weights stay below 2^20 in magnitude, as numbers

Error invalid(std::string_view setting, const std::string& what) {
  return Error(ErrorCode::kInvalid, std::string(setting) + ": " + what)
      .with_detail({ErrorDetail::Kind::kPath, std::string(setting), what});
}

std::string shown(double number) {
  char text[32];
  return {text, static_cast<std::size_t>(std::snprintf(text, sizeof text, "%.6g", number))};
}

}  // namespace

int StepScale::truncation(int gradient_scale) const {
  return gradient_scale - kWeightScale + exponent;
}

StepScale step_scale(double learning_rate, std::size_t batch_size) {
  StepScale scale;
  int exponent = 0;
  scale.mantissa = std::frexp(learning_rate / static_cast<double>(batch_size), &exponent);
  scale.exponent = -exponent;
  return scale;
}

Result<StepScale> checked_step_scale(const TrainingRule& rule, std::size_t batch_size,
                                     const StepBounds& bounds) {
  if (batch_size < 1 || batch_size > kBatchMax) {
    return invalid("batch_size",
                   std::to_string(batch_size) + " is not from 1 to " + with_thousands(kBatchMax));
  }
  if (!std::isfinite(rule.learning_rate) || rule.learning_rate <= 0) {
    return invalid("learning_rate", shown(rule.learning_rate) + " is not a positive number");
  }
  const double gradient = bounds.input_max * static_cast<double>(batch_size) * bounds.residual_max;
  if (bounds.gradient_scale + std::log2(gradient) >= kWordBits) {
    return invalid("batch_size",
                   std::to_string(batch_size) + " rows make a gradient that the ring cannot hold");
  }
  // The largest change of a weight in one step: each row's residual and input at their bounds, and what
  // momentum gathers.
  const double gathered = rule.optimizer == Optimizer::kMomentum ? 1 / (1 - rule.momentum) : 1;
  const double step = rule.learning_rate * bounds.residual_max * bounds.input_max * gathered;
  const double step_bits = std::log2(step);
  const double product_bits =
      step_bits + std::log2(bounds.input_max * static_cast<double>(bounds.inputs + 1));
  const double room =
      std::min(kWeightMaxBits - step_bits, kWordBits - kWeightScale - kFeatureBits - product_bits);
  if (!(room > 0)) {
    return invalid("learning_rate",
                   shown(rule.learning_rate) + " is so large that one step could leave the ring's range")
        .with_hint("at most " + shown(rule.learning_rate * std::exp2(room)) +
                   " is possible here; rates that learn are from 0.001 to 1");
  }
  const StepScale scale = step_scale(rule.learning_rate, batch_size);
  const int truncation = scale.truncation(bounds.gradient_scale);
  if (truncation < 1) {
    return invalid("learning_rate", shown(rule.learning_rate) + " is too large for batches of " +
                                        std::to_string(batch_size) + " rows");
  }
  if (truncation >= static_cast<int>(kWordBits)) {
    return invalid("learning_rate", shown(rule.learning_rate) +
                                        " is so small that no gradient could move a weight by its last bit");
  }
  return scale;
}

}  // namespace pai::client::nn
