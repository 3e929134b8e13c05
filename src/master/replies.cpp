#include "master/replies.h"

namespace pai::master {

void Replies::put(std::size_t at, NodeReply reply) {
  {
    const std::lock_guard lock(mutex_);
    if (replies_.at(at).has_value()) return;
    settled_ = settled_ || !reply.ok();
    replies_[at] = std::move(reply);
    --left_;
  }
  changed_.notify_all();
}

void Replies::settle() {
  {
    const std::lock_guard lock(mutex_);
    settled_ = true;
  }
  changed_.notify_all();
}

std::vector<NodeReply> Replies::wait(std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return left_ == 0 || settled_; });
  // What else is wrong is worth telling; a node that hangs is not worth waiting for.
  changed_.wait_for(lock, patience, [this] { return left_ == 0; });
  std::vector<NodeReply> all;
  all.reserve(replies_.size());
  for (auto& reply : replies_) {
    if (reply.has_value()) {
      all.push_back(*reply);
    } else {
      all.push_back({.outcome = NodeReply::Outcome::kTimeout, .error = Error(ErrorCode::kTimeout, "has not answered yet")});
    }
  }
  return all;
}

}  // namespace pai::master
