#include "client/channel/inbox.h"

#include <utility>

namespace pai::client {

namespace {

/// False when patience ended before `ready`.
template <class Ready>
bool wait_until_ready(std::unique_lock<std::mutex>& lock, std::condition_variable& changed,
                      const Inbox::Patience& until, Ready ready) {
  if (ready()) return true;
  const auto since = Inbox::Clock::now();
  while (true) {
    const auto deadline = until(since);
    if (Inbox::Clock::now() >= deadline) return ready();
    changed.wait_until(lock, deadline);
    if (ready()) return true;
  }
}

}  // namespace

void Inbox::open() {
  const std::lock_guard lock(mutex_);
  open_ = true;
  readable_.notify_all();
}

std::optional<Status> Inbox::wait_open(const Patience& until) {
  std::unique_lock lock(mutex_);
  if (!open_ && !failure_) waiting_ = Waiting{"connection", Clock::now()};
  const bool ready =
      wait_until_ready(lock, readable_, until, [this] { return open_ || failure_.has_value(); });
  if (waiting_ && waiting_->message_type == "connection") waiting_.reset();
  if (!ready) return std::nullopt;
  if (failure_) return Status(*failure_);
  return Status();
}

bool Inbox::wait_failure(const Patience& until) {
  std::unique_lock lock(mutex_);
  return wait_until_ready(lock, readable_, until, [this] { return failure_ || end_; });
}

Inbox::Push Inbox::push(v1::Frame frame, std::size_t bytes, const Patience& until) {
  std::unique_lock lock(mutex_);
  const auto unwanted = [this] { return failure_ || discarding_ || producer_stopped_; };
  const auto has_room = [&] { return frames_.empty() || bytes_ + bytes <= bytes_max_; };
  producer_waits_ = !has_room() && !unwanted();
  const bool ready = wait_until_ready(lock, writable_, until, [&] { return unwanted() || has_room(); });
  producer_waits_ = false;
  if (!ready) return Push::kOutOfTime;
  if (unwanted()) return Push::kUnwanted;
  frames_.emplace_back(std::move(frame), bytes);
  bytes_ += bytes;
  readable_.notify_one();
  return Push::kDone;
}

void Inbox::stop_producer() {
  const std::lock_guard lock(mutex_);
  producer_stopped_ = true;
  writable_.notify_all();
}

std::optional<Result<v1::Frame>> Inbox::pop(const std::string& message_type, const Patience& until) {
  std::unique_lock lock(mutex_);
  const auto ready = [this] { return failure_ || end_ || !frames_.empty(); };
  if (!ready()) {
    waiting_ = Waiting{message_type, Clock::now()};
    const bool in_time = wait_until_ready(lock, readable_, until, ready);
    waiting_.reset();
    if (!in_time) return std::nullopt;
  }
  if (failure_) return Result<v1::Frame>(*failure_);
  if (frames_.empty()) return Result<v1::Frame>(*end_);
  auto [frame, bytes] = std::move(frames_.front());
  frames_.pop_front();
  bytes_ -= bytes;
  if (producer_waits_) writable_.notify_one();
  return Result<v1::Frame>(std::move(frame));
}

void Inbox::fail(const Error& error) {
  std::deque<std::pair<v1::Frame, std::size_t>> dropped;  // freed after the lock
  const std::lock_guard lock(mutex_);
  if (failure_) return;
  failure_ = error;
  dropped.swap(frames_);
  bytes_ = 0;
  readable_.notify_all();
  writable_.notify_all();
}

void Inbox::end(const Error& error) {
  const std::lock_guard lock(mutex_);
  if (!end_) end_ = error;
  readable_.notify_all();
}

void Inbox::discard() {
  const std::lock_guard lock(mutex_);
  discarding_ = true;
  frames_.clear();
  bytes_ = 0;
  writable_.notify_all();
}

bool Inbox::is_open() const {
  const std::lock_guard lock(mutex_);
  return open_;
}

std::optional<Error> Inbox::failure() const {
  const std::lock_guard lock(mutex_);
  return failure_ ? failure_ : end_;
}

bool Inbox::is_full() const {
  const std::lock_guard lock(mutex_);
  return producer_waits_;
}

std::optional<Inbox::Waiting> Inbox::waiting() const {
  const std::lock_guard lock(mutex_);
  return waiting_;
}

}  // namespace pai::client
