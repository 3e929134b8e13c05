#include "client/channel/addresses.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/io/files.h"

namespace pai::client {

namespace {

constexpr int kConnectMilliseconds = 1000;

using AddressList = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

Result<AddressList> resolve(const std::string& host, std::uint16_t port, bool to_listen) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV | (to_listen ? AI_PASSIVE : 0);
  addrinfo* found = nullptr;
  const int code = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (code != 0) {
    return Error(to_listen ? ErrorCode::kInvalid : ErrorCode::kNotFound,
                 "the address '" + host + "' cannot be resolved: " + ::gai_strerror(code));
  }
  return AddressList(found, &::freeaddrinfo);
}

bool is_loopback(const sockaddr& address) {
  if (address.sa_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
    return (ntohl(v4.sin_addr.s_addr) >> 24) == 127;
  }
  if (address.sa_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
    return IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr) != 0;
  }
  return false;
}

/// `10.0.0.1:9000` or `[::1]:9000`.
Result<std::string> text_of(const sockaddr& address, socklen_t length) {
  std::array<char, NI_MAXHOST> host{};
  std::array<char, NI_MAXSERV> service{};
  const int code = ::getnameinfo(&address, length, host.data(), host.size(), service.data(), service.size(),
                                 NI_NUMERICHOST | NI_NUMERICSERV);
  if (code != 0) return Error(ErrorCode::kInternal, std::string("an address has no text: ") + ::gai_strerror(code));
  if (address.sa_family == AF_INET6) return "[" + std::string(host.data()) + "]:" + service.data();
  return std::string(host.data()) + ":" + service.data();
}

/// 0, or the errno of the attempt.
int connect_within(int fd, const sockaddr& address, socklen_t length, int milliseconds) {
  if (::connect(fd, &address, length) == 0) return 0;
  if (errno != EINPROGRESS) return errno;
  pollfd wait{fd, POLLOUT, 0};
  const int ready = ::poll(&wait, 1, milliseconds);
  if (ready == 0) return ETIMEDOUT;
  if (ready < 0) return errno;
  int error = 0;
  socklen_t size = sizeof error;
  if (::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0) return errno;
  return error;
}

/// TCP connects a socket to itself when its own random port is the one that is asked for and nobody listens there.
bool is_connected_to_itself(int fd) {
  sockaddr_storage own{};
  sockaddr_storage other{};
  socklen_t own_size = sizeof own;
  socklen_t other_size = sizeof other;
  return ::getsockname(fd, reinterpret_cast<sockaddr*>(&own), &own_size) == 0 &&
         ::getpeername(fd, reinterpret_cast<sockaddr*>(&other), &other_size) == 0 && own_size == other_size &&
         std::memcmp(&own, &other, own_size) == 0;
}

}  // namespace

Result<std::string> bind_target(const std::string& host, std::uint16_t port, bool loopback_only) {
  PAI_ASSIGN(const auto addresses, resolve(host, port, true));
  if (loopback_only && !is_loopback(*addresses->ai_addr)) {
    return Error(ErrorCode::kInvalid, "without TLS the computation port listens on loopback addresses only, not '" + host + "'");
  }
  return text_of(*addresses->ai_addr, addresses->ai_addrlen);
}

Status why_not_bound(const std::string& host, std::uint16_t port) {
  PAI_ASSIGN(const auto addresses, resolve(host, port, true));
  const io::Fd fd(::socket(addresses->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd.valid()) return errno_error("cannot make a socket", errno);
  const int on = 1;
  if (::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
      ::bind(fd.get(), addresses->ai_addr, addresses->ai_addrlen) == 0 && ::listen(fd.get(), 1) == 0) {
    return {};
  }
  if (errno == EADDRINUSE) {
    return Error(ErrorCode::kConflict, "computation port " + std::to_string(port) + " is taken");
  }
  return errno_error("cannot listen on " + host + ", port " + std::to_string(port), errno);
}

Result<std::string> probe(const std::string& host, std::uint16_t port, bool loopback_only) {
  PAI_ASSIGN(const auto addresses, resolve(host, port, false));
  int last_error = ECONNREFUSED;
  for (const auto* address = addresses.get(); address != nullptr; address = address->ai_next) {
    if (loopback_only && !is_loopback(*address->ai_addr)) {
      return Error(ErrorCode::kDenied, "without TLS only loopback addresses are called, not '" + host + "'");
    }
    const io::Fd fd(::socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!fd.valid()) return errno_error("cannot make a socket", errno);
    // Closed by a reset: the port that the probe used is free again at once.
    const linger reset{1, 0};
    (void)::setsockopt(fd.get(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    last_error = connect_within(fd.get(), *address->ai_addr, address->ai_addrlen, kConnectMilliseconds);
    if (last_error == 0 && !is_connected_to_itself(fd.get())) {
      PAI_ASSIGN(const auto text, text_of(*address->ai_addr, address->ai_addrlen));
      return (address->ai_family == AF_INET6 ? "ipv6:" : "ipv4:") + text;
    }
    if (last_error == 0) last_error = ECONNREFUSED;
  }
  return Error(ErrorCode::kPeerLost, "nobody answers at " + host + ", port " + std::to_string(port) + ": " +
                                         errno_message(last_error));
}

}  // namespace pai::client
