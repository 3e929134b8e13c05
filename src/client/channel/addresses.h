#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "common/base/result.h"

namespace pai::client {

/// The address to listen on as gRPC takes it, `10.0.0.1:9000` or `[::1]:9000`. Without TLS it must be a loopback
/// address. kInvalid for a name that does not resolve.
Result<std::string> bind_target(const std::string& host, std::uint16_t port, bool loopback_only);

/// After gRPC could not bind: the error that says why, found by trying; ok when it works for us.
Status why_not_bound(const std::string& host, std::uint16_t port);

/// Whether somebody listens there: gRPC's target (`ipv4:10.0.0.1:9000`) that took a TCP connection, or why none did (kNotFound: the
/// name does not resolve; kDenied: not a loopback address; kPeerLost: refused or unreachable). Waits a second at most.
/// gRPC's own attempts back off for 100 ms and more; parties that start together must not wait for that.
Result<std::string> probe(const std::string& host, std::uint16_t port, bool loopback_only);

}  // namespace pai::client
