#pragma once

#include <mutex>
#include <string>
#include <thread>

#include "support/raw_socket.h"

namespace pai::test {

/// What sits on the line: takes one connection, passes all on to a port of 127.0.0.1 and back, and keeps what the caller sent.
class RecordingProxy {
 public:
  explicit RecordingProxy(int to) : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in own{};
    own.sin_family = AF_INET;
    own.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof own;
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&own), size) != 0 || ::listen(listener_, 1) != 0 ||
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&own), &size) != 0) {
      return;
    }
    port_ = ntohs(own.sin_port);
    thread_ = std::thread([this, to] { pass_on(to); });
  }
  ~RecordingProxy() {
    (void)::shutdown(listener_, SHUT_RDWR);
    if (thread_.joinable()) thread_.join();
    (void)::close(listener_);
  }
  RecordingProxy(const RecordingProxy&) = delete;
  RecordingProxy& operator=(const RecordingProxy&) = delete;

  std::uint16_t port() const { return port_; }  ///< 0: none could be had
  std::string heard() const {
    const std::lock_guard lock(mutex_);
    return heard_;
  }

 private:
  void pass_on(int to) {
    const int caller = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (caller < 0) return;
    const int other = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(to));
    bool open = ::connect(other, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    while (open) {
      pollfd wanted[] = {{caller, POLLIN, 0}, {other, POLLIN, 0}, {listener_, POLLIN, 0}};
      if (::poll(wanted, 3, 60'000) <= 0 || wanted[2].revents != 0) break;
      for (const bool from_caller : {true, false}) {
        if (wanted[from_caller ? 0 : 1].revents == 0) continue;
        char bytes[16384];
        const auto got = ::recv(from_caller ? caller : other, bytes, sizeof bytes, 0);
        if (got <= 0) {
          open = false;
          break;
        }
        if (from_caller) {
          const std::lock_guard lock(mutex_);
          heard_.append(bytes, static_cast<std::size_t>(got));
        }
        if (::send(from_caller ? other : caller, bytes, static_cast<std::size_t>(got), MSG_NOSIGNAL) != got) open = false;
      }
    }
    (void)::close(caller);
    (void)::close(other);
  }

  int listener_;
  std::uint16_t port_ = 0;
  mutable std::mutex mutex_;
  std::string heard_;
  std::thread thread_;
};

}  // namespace pai::test
