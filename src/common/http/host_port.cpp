#include <arpa/inet.h>
#include <strings.h>

#include <charconv>

#include "common/base/text.h"
#include "common/http/server.h"

namespace pai::http {
namespace {

constexpr const char* kHostPortHint = "write HOST:PORT, for example 127.0.0.1:8377 or [::1]:8377";

Error bad_address(const std::string& text, const std::string& why) {
  return Error(ErrorCode::kInvalid, "'" + printable(text) + "' is not HOST:PORT: " + why).with_hint(kHostPortHint);
}

/// A name's letters; whether it can be resolved is seen when it is used.
bool is_host_text(std::string_view host) {
  if (host.empty() || host.size() > 253) return false;
  for (const char c : host) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (!letter && !(c >= '0' && c <= '9') && c != '-' && c != '.' && c != '_') return false;
  }
  return true;
}

bool is_ipv6(const std::string& host) {
  in6_addr address{};
  return inet_pton(AF_INET6, host.c_str(), &address) == 1;
}

}  // namespace

Result<HostPort> parse_host_port(const std::string& text) {
  HostPort parsed;
  std::size_t colon = std::string::npos;
  if (!text.empty() && text.front() == '[') {
    const auto end = text.find(']');
    if (end == std::string::npos) return bad_address(text, "the ']' after the IPv6 address is missing");
    parsed.host = text.substr(1, end - 1);
    if (!is_ipv6(parsed.host)) return bad_address(text, "what stands in brackets is no IPv6 address");
    colon = end + 1;
  } else {
    colon = text.rfind(':');
    if (colon == std::string::npos) return bad_address(text, "the port is missing");
    parsed.host = text.substr(0, colon);
    if (is_ipv6(text) || is_ipv6(parsed.host)) return bad_address(text, "an IPv6 address stands in brackets");
    if (!is_host_text(parsed.host)) return bad_address(text, "the host is no IP address and no host name");
  }
  if (colon >= text.size() || text[colon] != ':') return bad_address(text, "the port is missing");

  const std::string_view port = std::string_view(text).substr(colon + 1);
  unsigned number = 0;
  const auto [end, fault] = std::from_chars(port.data(), port.data() + port.size(), number);
  if (port.empty() || fault != std::errc() || end != port.data() + port.size() || number > 65'535) {
    return bad_address(text, "the port is no number from 0 to 65535");
  }
  parsed.port = static_cast<std::uint16_t>(number);
  return parsed;
}

bool is_loopback(const std::string& host) {
  if (strcasecmp(host.c_str(), "localhost") == 0) return true;
  in_addr v4{};
  if (inet_pton(AF_INET, host.c_str(), &v4) == 1) return (ntohl(v4.s_addr) >> 24) == 127;
  in6_addr v6{};
  if (inet_pton(AF_INET6, host.c_str(), &v6) != 1) return false;
  if (IN6_IS_ADDR_V4MAPPED(&v6)) return v6.s6_addr[12] == 127;
  return IN6_IS_ADDR_LOOPBACK(&v6);
}

}  // namespace pai::http
