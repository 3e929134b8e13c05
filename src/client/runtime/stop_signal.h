#pragma once

#include <functional>
#include <thread>

#include "common/base/result.h"
#include "common/io/files.h"

namespace pai::client {

/// Waits for SIGTERM or SIGINT in a thread of its own and calls a function once.
class StopSignal {
 public:
  /// Blocks both signals in the calling thread and those it starts, and ignores SIGPIPE. Called first, before any thread.
  static void block();

  StopSignal() = default;
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;
  ~StopSignal();

  /// kIo when the system gives no descriptors, kInternal when it gives no thread.
  Status watch(std::function<void(int signal)> action);

 private:
  io::Fd signals_;
  io::Fd end_;
  std::thread thread_;
};

}  // namespace pai::client
