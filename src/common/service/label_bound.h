#pragma once

#include <cstddef>
#include <mutex>
#include <set>
#include <string>

namespace pai::service {

/// Keeps the number of a label's values bounded where they come from outside: the first ones are shown as they are, all later
/// ones together as "other". Thread-safe.
class LabelBound {
 public:
  explicit LabelBound(std::size_t values_max) : values_max_(values_max) {}

  std::string of(const std::string& value) {
    const std::lock_guard lock(mutex_);
    if (seen_.contains(value)) return value;
    if (seen_.size() >= values_max_) return "other";
    seen_.insert(value);
    return value;
  }

 private:
  const std::size_t values_max_;
  std::mutex mutex_;
  std::set<std::string> seen_;
};

}  // namespace pai::service
