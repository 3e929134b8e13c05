#include "common/base/ip_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <array>

namespace pai {

std::optional<std::string> canonical_ip(int family, const std::string& text) {
  // inet_pton stops at a NUL, and a name from a certificate or a request may hold one.
  if (text.find('\0') != std::string::npos) return std::nullopt;
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  std::array<char, INET6_ADDRSTRLEN> shortest{};
  if (inet_pton(family, text.c_str(), bytes.data()) != 1) return std::nullopt;
  if (inet_ntop(family, bytes.data(), shortest.data(), shortest.size()) == nullptr) return std::nullopt;
  return std::string(shortest.data());
}

std::optional<std::string> canonical_ip(const std::string& text) {
  auto address = canonical_ip(AF_INET, text);
  return address ? address : canonical_ip(AF_INET6, text);
}

}  // namespace pai
