#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

#include "node/grant_book.h"

namespace pai::node {

/// Sees to it that what the owner takes back is stopped: a thread that looks at the policy file each second, and calls
/// `enforce` when the grants changed or one ended, and again as long as it says that it could not look at all.
class GrantWatch {
 public:
  GrantWatch(GrantBook& book, std::function<bool()> enforce);
  ~GrantWatch();
  GrantWatch(const GrantWatch&) = delete;
  GrantWatch& operator=(const GrantWatch&) = delete;

  /// The grants in node.db changed. Returns at once.
  void kick();

 private:
  void run();

  GrantBook& book_;
  const std::function<bool()> enforce_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  bool kicked_ = false;
  std::thread thread_;
};

}  // namespace pai::node
