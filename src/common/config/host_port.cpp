#include "common/config/host_port.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

#include "common/base/text.h"

namespace pai::config {
namespace {

constexpr std::size_t kHostBytesMax = 253;

bool is_address(int family, const std::string& text) {
  unsigned char bytes[sizeof(in6_addr)];
  return ::inet_pton(family, text.c_str(), bytes) == 1;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_host_character(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '.' || c == '_';
}

bool is_host_name(std::string_view host) {
  if (host.empty() || host.size() > kHostBytesMax || !std::all_of(host.begin(), host.end(), is_host_character)) return false;
  if (host.front() == '.' || host.front() == '-' || host.back() == '-' || host.find("..") != std::string_view::npos) return false;
  // "300.1.1.1" is a mistyped address and no name.
  return !std::all_of(host.begin(), host.end(), [](char c) { return is_digit(c) || c == '.'; });
}

Error invalid(std::string_view text, std::string_view why) {
  return Error(ErrorCode::kInvalid, "\"" + printable(text) + "\" " + std::string(why));
}

}  // namespace

Result<HostPort> parse_host_port(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  const bool bracketed = !text.empty() && text.front() == '[';
  const std::size_t bracket = text.rfind(']');
  if (colon == std::string_view::npos || (bracketed && bracket != std::string_view::npos && colon < bracket)) {
    return invalid(text, "is no HOST:PORT: the port is missing");
  }
  const std::string_view digits = text.substr(colon + 1);
  std::string host(text.substr(0, colon));
  if (host.empty()) return invalid(text, "is no HOST:PORT: for every interface write 0.0.0.0 or [::] before the port");
  if (bracketed) {
    if (host.back() != ']') return invalid(text, "is no HOST:PORT: the bracket is not closed before the port");
    host = host.substr(1, host.size() - 2);
    if (!is_address(AF_INET6, host)) return invalid(text, "is no HOST:PORT: brackets hold an IPv6 address");
  } else if (host.find(':') != std::string::npos) {
    return invalid(text, "is no HOST:PORT: an IPv6 address stands in brackets, as in [::1]:8080");
  } else if (!is_address(AF_INET, host) && !is_host_name(host)) {
    return invalid(text, "is no HOST:PORT: the host is neither an address nor a name");
  }
  std::uint32_t port = 0;
  const auto [end, fault] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (digits.empty() || fault != std::errc() || end != digits.data() + digits.size() || port > 65'535) {
    return invalid(text, "is no HOST:PORT: a port is a number up to 65535");
  }
  return HostPort{std::move(host), static_cast<std::uint16_t>(port)};
}

}  // namespace pai::config
