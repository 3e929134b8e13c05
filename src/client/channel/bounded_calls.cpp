#include "client/channel/bounded_calls.h"

namespace pai::client {

std::optional<BoundedCalls::Ticket> BoundedCalls::admit(Clock::duration time, std::function<void()> cancel) {
  const std::lock_guard lock(mutex_);
  if (closed_ || calls_.size() >= count_max_) return std::nullopt;
  const auto number = next_++;
  calls_.emplace(number, Call{Clock::now() + time, std::move(cancel)});
  return Ticket(this, number);
}

void BoundedCalls::cancel_late(Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  for (const auto& [number, call] : calls_) {
    if (call.deadline <= now) call.cancel();
  }
}

void BoundedCalls::wait_until_none(Clock::time_point deadline) {
  std::unique_lock lock(mutex_);
  none_.wait_until(lock, deadline, [this] { return calls_.empty(); });
}

void BoundedCalls::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  for (const auto& [number, call] : calls_) call.cancel();
}

void BoundedCalls::leave(std::uint64_t number) {
  const std::lock_guard lock(mutex_);
  calls_.erase(number);
  if (calls_.empty()) none_.notify_all();
}

}  // namespace pai::client
