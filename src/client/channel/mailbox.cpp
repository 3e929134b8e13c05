#include "client/channel/mailbox.h"

namespace pai::client {

void Mailbox::put(v1::Frame frame, std::size_t bytes) {
  if (!is_wanted()) return;
  frames_.emplace_back(std::move(frame), bytes);
  bytes_ += bytes;
}

Result<v1::Frame> Mailbox::take() {
  if (failure_) return *failure_;
  if (frames_.empty()) return *end_;
  auto [frame, bytes] = std::move(frames_.front());
  frames_.pop_front();
  bytes_ -= bytes;
  return std::move(frame);
}

void Mailbox::fail(const Error& error) {
  if (failure_) return;
  failure_ = error;
  frames_.clear();
  bytes_ = 0;
}

void Mailbox::end(const Error& error) {
  if (!end_) end_ = error;
}

void Mailbox::discard() {
  discarding_ = true;
  frames_.clear();
  bytes_ = 0;
}

}  // namespace pai::client
