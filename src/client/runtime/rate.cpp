#include "client/runtime/rate.h"

#include <cmath>

namespace pai::client {

namespace {
/// What was measured this long ago counts a third.
constexpr double kMemorySeconds = 5;
/// Shorter samples are noise.
constexpr double kSampleSecondsMin = 0.05;
constexpr double kWarmUpSeconds = 1;
}  // namespace

void Rate::sample(Clock::time_point now, std::uint64_t done) {
  const double seconds = std::chrono::duration<double>(now - last_).count();
  if (seconds < kSampleSecondsMin || done < last_done_) return;
  const double measured = static_cast<double>(done - last_done_) / seconds;
  const double keep = std::exp(-seconds / kMemorySeconds);
  per_second_ = per_second_ ? *per_second_ * keep + measured * (1 - keep) : measured;
  last_ = now;
  last_done_ = done;
}

std::optional<double> Rate::seconds_left(Clock::time_point now, std::uint64_t done, std::uint64_t total) const {
  const double running = std::chrono::duration<double>(now - began_).count();
  if (running < kWarmUpSeconds || total <= done || !per_second_ || *per_second_ <= 0) return std::nullopt;
  return static_cast<double>(total - done) / *per_second_;
}

}  // namespace pai::client
