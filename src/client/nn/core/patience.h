#pragma once

#include <cstdint>
#include <limits>

namespace pai::client::nn {

/// Early stopping: counts evaluations whose loss is no better than the best before.
class Patience {
 public:
  /// Where it stands: what a resumed training goes on from.
  struct State {
    double best = std::numeric_limits<double>::infinity();
    std::uint64_t without_gain = 0;
  };

  Patience() = default;
  explicit Patience(State state) : state_(state) {}

  void saw(double loss) {
    if (loss < state_.best) {
      state_ = {loss, 0};
    } else {
      ++state_.without_gain;
    }
  }
  bool ends_at(std::uint64_t limit) const { return state_.without_gain >= limit; }
  const State& state() const { return state_; }

 private:
  State state_;
};

}  // namespace pai::client::nn
