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

Inbox::Push Inbox::push(v1::Frame frame, std::size_t bytes, const Patience& until) {
  std::unique_lock lock(mutex_);
  const auto unwanted = [this] { return !mailbox_.is_wanted() || producer_stopped_; };
  const auto has_room = [&] { return mailbox_.has_room(bytes); };
  producer_waits_ = !has_room() && !unwanted();
  const bool ready = wait_until_ready(lock, writable_, until, [&] { return unwanted() || has_room(); });
  producer_waits_ = false;
  if (!ready) return Push::kOutOfTime;
  if (unwanted()) return Push::kUnwanted;
  mailbox_.put(std::move(frame), bytes);
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
  const auto ready = [this] { return mailbox_.is_ready(); };
  if (!ready()) {
    const auto since = Clock::now();
    mailbox_.waiting = Waiting{message_type, since};
    const bool in_time = wait_until_ready(lock, readable_, until, ready);
    mailbox_.waiting.reset();
    waited_ += Clock::now() - since;
    if (!in_time) return std::nullopt;
  }
  auto frame = mailbox_.take();
  if (frame.ok()) ++popped_;
  if (producer_waits_) writable_.notify_one();
  return frame;
}

void Inbox::fail(const Error& error) {
  const std::lock_guard lock(mutex_);
  mailbox_.fail(error);
  readable_.notify_all();
  writable_.notify_all();
}

void Inbox::end(const Error& error) {
  const std::lock_guard lock(mutex_);
  mailbox_.end(error);
  readable_.notify_all();
}

void Inbox::discard() {
  const std::lock_guard lock(mutex_);
  mailbox_.discard();
  writable_.notify_all();
}

std::optional<Error> Inbox::failure() const {
  const std::lock_guard lock(mutex_);
  return mailbox_.failure();
}

bool Inbox::is_full() const {
  const std::lock_guard lock(mutex_);
  return producer_waits_;
}

std::optional<Inbox::Waiting> Inbox::waiting() const {
  const std::lock_guard lock(mutex_);
  return mailbox_.waiting;
}

std::pair<std::uint64_t, double> Inbox::received() const {
  const std::lock_guard lock(mutex_);
  return {popped_, std::chrono::duration<double>(waited_).count()};
}

}  // namespace pai::client
