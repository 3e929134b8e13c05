#pragma once

#include <atomic>
#include <optional>
#include <thread>

#include "client/channel/channel.h"

namespace pai::client::nn {

/// Hears, while the dealer runs ahead, that the label client's training is over; only tasks with early_stop say so.
class EndListener {
 public:
  EndListener(Channel& channel, int label) : thread_([this, &channel, label] {
    const auto message = channel.receive<v1::EndDealing>(label);
    if (!message.ok()) failure_ = message.error();
    ended_ = true;
  }) {}
  bool ended() const { return ended_; }
  Status wait() {
    thread_.join();
    return failure_ ? Status(*failure_) : Status();
  }

 private:
  std::optional<Error> failure_;
  std::atomic<bool> ended_{false};
  std::thread thread_;  // last: it uses the rest
};

/// Deals by `deal(listener)` until it is done or the training ended; hears the end in any case.
template <class Deal>
Status deal_until_end(Channel& channel, int label, Deal deal) {
  EndListener listener(channel, label);
  auto status = deal(listener);
  // The listener would wait for a label client that waits for us.
  if (!status.ok()) channel.cancel(status.error());
  const auto heard = listener.wait();
  return status.ok() ? heard : status;
}

}  // namespace pai::client::nn
