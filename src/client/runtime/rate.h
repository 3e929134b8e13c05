#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace pai::client {

/// How fast a phase goes: an average that forgets, over samples of what was done.
class Rate {
 public:
  using Clock = std::chrono::steady_clock;

  explicit Rate(Clock::time_point began) : began_(began), last_(began) {}

  void sample(Clock::time_point now, std::uint64_t done);
  /// Seconds that the rest takes at the present rate; nothing in the first second, and while nothing moves.
  std::optional<double> seconds_left(Clock::time_point now, std::uint64_t done, std::uint64_t total) const;
  /// What is done in a second at present; nothing before the first sample.
  std::optional<double> per_second() const { return per_second_; }

 private:
  Clock::time_point began_;
  Clock::time_point last_;
  std::uint64_t last_done_ = 0;
  std::optional<double> per_second_;
};

}  // namespace pai::client
