#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/result.h"

namespace pai::config {

/// The two halves of `127.0.0.1:8080`, `[::1]:8080` or `node1.example:8080`; the host without brackets.
struct HostPort {
  std::string host;
  std::uint16_t port = 0;  ///< 0 lets the system choose
  bool operator==(const HostPort&) const = default;
};

/// kInvalid says what is wrong with it and what would be right.
Result<HostPort> parse_host_port(std::string_view text);

}  // namespace pai::config
