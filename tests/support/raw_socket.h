#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <string>
#include <string_view>
#include <utility>

namespace pai::test {

/// A TCP connection to a daemon on 127.0.0.1 that says what no decent client would.
class RawSocket {
 public:
  /// `from`: the loopback address to call from, 127.0.0.1 to 127.255.255.254.
  explicit RawSocket(int port, const char* from = "127.0.0.1") : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in own{};
    own.sin_family = AF_INET;
    (void)::inet_pton(AF_INET, from, &own.sin_addr);
    sockaddr_in other = own;
    (void)::inet_pton(AF_INET, "127.0.0.1", &other.sin_addr);
    other.sin_port = htons(static_cast<std::uint16_t>(port));
    open_ = fd_ >= 0 && ::bind(fd_, reinterpret_cast<sockaddr*>(&own), sizeof own) == 0 &&
            ::connect(fd_, reinterpret_cast<sockaddr*>(&other), sizeof other) == 0;
  }
  ~RawSocket() {
    if (fd_ >= 0) (void)::close(fd_);
  }
  RawSocket(RawSocket&& other) noexcept : fd_(std::exchange(other.fd_, -1)), open_(other.open_) {}
  RawSocket& operator=(RawSocket&&) = delete;

  bool is_open() const { return open_; }
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }
  /// What comes until the other side closes, `enough` stands in it, or the deadline passes.
  std::string read(std::string_view enough = {}, std::chrono::milliseconds deadline = std::chrono::seconds(20)) {
    const auto end = std::chrono::steady_clock::now() + deadline;
    std::string text;
    for (;;) {
      if (!enough.empty() && text.find(enough) != std::string::npos) return text;
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
      pollfd wanted{fd_, POLLIN, 0};
      if (left.count() <= 0 || ::poll(&wanted, 1, static_cast<int>(left.count())) <= 0) return text;
      char bytes[4096];
      const auto got = ::recv(fd_, bytes, sizeof bytes, 0);
      if (got <= 0) return text;
      text.append(bytes, static_cast<std::size_t>(got));
    }
  }

 private:
  int fd_;
  bool open_ = false;
};

/// One request on a connection of its own; the whole answer.
inline std::string raw_exchange(int port, const std::string& request, const char* from = "127.0.0.1") {
  RawSocket socket(port, from);
  if (!socket.send(request)) return {};
  return socket.read();
}

}  // namespace pai::test
