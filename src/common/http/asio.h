#pragma once

// Asio's names for the .cpp files of this folder; nothing outside includes this.

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/error_code.hpp>

namespace pai::http {

namespace asio = boost::asio;
using Tcp = asio::ip::tcp;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;

/// Completes with a tuple that starts with the error code; nothing throws.
inline constexpr auto kNoThrow = asio::as_tuple(asio::use_awaitable);

/// Wakes one coroutine. Used on the I/O thread only.
class Signal {
 public:
  explicit Signal(asio::io_context& io) : timer_(io) {}

  void notify() {
    set_ = true;
    timer_.cancel();
  }

  /// True when it was notified, false when `deadline` came first. A notification that came before the wait counts.
  asio::awaitable<bool> wait_until(Clock::time_point deadline) {
    while (!set_) {
      if (Clock::now() >= deadline) co_return false;
      timer_.expires_at(deadline);
      (void)co_await timer_.async_wait(kNoThrow);  // why it ended is seen by `set_` and the clock
    }
    set_ = false;
    co_return true;
  }

 private:
  asio::steady_timer timer_;
  bool set_ = false;
};

}  // namespace pai::http
