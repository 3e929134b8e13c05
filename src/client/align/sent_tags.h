#pragma once

#include <cstddef>
#include <deque>
#include <mutex>
#include <string>

namespace pai::client::align {

/// Tags that were sent and not answered yet: one thread adds batches, another takes their bytes in the same
/// order.
class SentTags {
 public:
  void add(std::string tags) {
    if (tags.empty()) return;
    const std::lock_guard lock(mutex_);
    batches_.push_back(std::move(tags));
  }
  /// The next bytes, which were added and lie within one batch; valid until the next call.
  const char* next(std::size_t bytes) {
    if (bytes == 0) return nullptr;
    const std::lock_guard lock(mutex_);
    if (at_ == batches_.front().size()) {
      batches_.pop_front();
      at_ = 0;
    }
    const char* const found = batches_.front().data() + at_;
    at_ += bytes;
    return found;
  }

 private:
  std::mutex mutex_;
  std::deque<std::string> batches_;
  std::size_t at_ = 0;  ///< taken of the first batch
};

}  // namespace pai::client::align
