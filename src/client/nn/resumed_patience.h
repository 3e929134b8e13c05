#pragma once

#include <optional>
#include <vector>

#include "client/nn/core/patience.h"
#include "pai/v1/training.pb.h"

/// Early stopping of a resumed training goes on where it stood: the label client has the losses of the run before, main decides.
namespace pai::client::nn {

/// After these losses, as `as_reported` rounds them for main; nothing without any.
template <typename AsReported>
std::optional<Patience::State> patience_after(const std::vector<double>& losses, AsReported as_reported) {
  if (losses.empty()) return std::nullopt;
  Patience patience;
  for (const double loss : losses) patience.saw(as_reported(loss));
  return patience.state();
}

inline void tell_patience(const Patience::State& state, v1::TrainingReport& report) {
  report.set_best_before(state.best);
  report.set_without_gain_before(state.without_gain);
}

}  // namespace pai::client::nn
