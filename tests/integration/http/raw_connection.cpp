#include "raw_connection.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <stdexcept>

namespace pai::http {
namespace {

constexpr int kDeadlineMs = 20'000;

}  // namespace

RawConnection::RawConnection(std::uint16_t port, const char* from) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  if (::inet_pton(AF_INET, from, &address.sin_addr) != 1 ||
      ::bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    throw std::runtime_error("cannot call from there");
  }
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) throw std::runtime_error("cannot connect");
}

RawConnection::~RawConnection() { ::close(fd_); }

bool RawConnection::send(std::string_view text) {
  while (!text.empty()) {
    const auto sent = ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

void RawConnection::shut_write() { ::shutdown(fd_, SHUT_WR); }

void RawConnection::reset() {
  const linger hard{1, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
  ::close(fd_);
  fd_ = -1;
}

bool RawConnection::fill() {
  pollfd waiting{fd_, POLLIN, 0};
  if (::poll(&waiting, 1, kDeadlineMs) != 1) return false;
  std::array<char, 65'536> bytes;
  const auto got = ::recv(fd_, bytes.data(), bytes.size(), 0);
  if (got <= 0) return false;
  buffer_.append(bytes.data(), static_cast<std::size_t>(got));
  return true;
}

std::string RawConnection::take(std::size_t bytes) {
  std::string taken = buffer_.substr(0, bytes);
  buffer_.erase(0, bytes);
  return taken;
}

std::string RawConnection::read_until(std::string_view text) {
  for (;;) {
    const auto at = buffer_.find(text);
    if (at != std::string::npos) return take(at + text.size());
    if (!fill()) return take(buffer_.size());
  }
}

RawConnection::Answer RawConnection::read_answer(bool head_only) {
  Answer answer;
  answer.head = read_until("\r\n\r\n");
  if (answer.head.rfind("HTTP/1.1 ", 0) != 0) return answer;
  const int status = std::stoi(answer.head.substr(9, 3));
  const auto length_at = answer.head.find("Content-Length: ");
  if (!head_only && length_at != std::string::npos) {
    const auto length = std::stoul(answer.head.substr(length_at + 16));
    while (buffer_.size() < length) {
      if (!fill()) return answer;
    }
    answer.body = take(length);
  }
  answer.status = status;
  return answer;
}

bool RawConnection::at_end() {
  if (!buffer_.empty()) return false;
  pollfd waiting{fd_, POLLIN, 0};
  if (::poll(&waiting, 1, kDeadlineMs) != 1) return false;
  char byte = 0;
  return ::recv(fd_, &byte, 1, 0) <= 0;
}

}  // namespace pai::http
