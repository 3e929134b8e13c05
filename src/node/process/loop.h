#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <vector>

#include "common/base/result.h"
#include "common/io/files.h"

namespace pai::node::process {

/// One thread that waits for descriptors and for points in time, and calls back. Nothing here polls: the
/// thread sleeps in epoll until something is due. Any thread may call; callbacks run one at a time on the
/// loop's thread, hold none of the loop's locks, and must not throw. They should take milliseconds, for they
/// delay each other.
class Loop {
 public:
  using Callback = std::function<void()>;
  using Token = std::uint64_t;

  static Result<std::unique_ptr<Loop>> make();
  /// As `stop`.
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  /// Waits for the callback under way; what is left is dropped unheard, then and later. After it, what the
  /// callbacks point to may go. Not to be called on the loop's thread.
  void stop();

  /// Calls back whenever the descriptor is readable, until cancelled. The caller keeps it open until then.
  Result<Token> on_readable(int fd, Callback callback);
  /// Calls back once, not before the time has passed.
  Token after(std::chrono::milliseconds time, Callback callback);
  /// The callback does not begin any more; one that is running on the loop's thread at this moment goes on.
  void cancel(Token token);

  /// False when the loop has not come round for `patience`: a callback hangs. Cheap; for /livez and the
  /// watchdog.
  bool responsive(std::chrono::milliseconds patience = std::chrono::seconds(10));

 private:
  using Clock = std::chrono::steady_clock;
  struct Timer {
    Token token;
    Callback callback;
  };

  Loop(io::Fd epoll, io::Fd wake);
  void run();
  void wake();
  void run_due_timers();
  int wait_ms();

  io::Fd epoll_;
  io::Fd wake_;
  std::mutex mutex_;
  Token next_token_ = 1;
  bool stopping_ = false;
  std::unordered_map<Token, std::pair<int, std::shared_ptr<Callback>>> readers_;
  std::multimap<Clock::time_point, Timer> timers_;
  std::optional<Clock::time_point>
      asked_at_;  ///< when `responsive` last put a question that is not yet answered
  std::thread thread_;
};

}  // namespace pai::node::process
