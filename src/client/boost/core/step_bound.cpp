#include "client/boost/core/step_bound.h"

#include <algorithm>
#include <numeric>

namespace pai::client::boost {
namespace {

constexpr double kStepMax = 28;
constexpr double kHessianMin = 1.0 / 256;

}  // namespace

Status check_step(double learning_rate, std::span<const double> labels) {
  if (labels.empty()) return {};
  const double ones = std::accumulate(labels.begin(), labels.end(), 0.0) / static_cast<double>(labels.size());
  const double rarest = std::min(ones, 1 - ones);
  if (learning_rate <= kStepMax * (rarest + kHessianMin)) return {};
  return Error(ErrorCode::kInvalid, "learning_rate is too large for how rare a class is among the training rows: scores would leave the range of their numbers")
      .with_hint("0.1 suits any classes");
}

}  // namespace pai::client::boost
