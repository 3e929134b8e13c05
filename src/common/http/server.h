#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/http/message.h"

namespace pai::http {

/// What one connection may cost us.
struct Limits {
  std::size_t header_bytes_max = 16 * 1024;
  std::size_t body_bytes_max = std::size_t{1} << 20;
  std::chrono::milliseconds header_timeout{10'000};  ///< from the first byte to the last of the header
  std::chrono::milliseconds body_timeout{30'000};
  std::chrono::milliseconds idle_timeout{60'000};    ///< keep-alive between requests
  std::chrono::milliseconds write_timeout{30'000};
  std::size_t connections_max = 1024;
  std::size_t requests_waiting_max = 512;            ///< for a worker; above it 429
  std::size_t workers = 16;
};

/// Runs on a worker thread and may block; does not throw.
using Handler = std::function<Reply(const Request&)>;

struct Route {
  Method method;
  std::string path;   ///< exact
  Handler handler;
  /// Routes that call other daemons may wait for seconds: they have workers of their own, so that quick ones
  /// (/livez, queries) are answered meanwhile.
  bool slow = false;
  access::Role role = access::Role::kNone;  ///< for the server's gate: the least that may call
};

/// Decides whether a request that has a route may pass, when its header is known and before its body is read; sets
/// `caller`. An answer refuses it. Runs on the I/O thread: must not block.
using Gate = std::function<std::optional<Reply>(Request&, const Route&)>;
/// Whether the caller whom the gate let through for an event stream may go on reading it: asked before each write, at the
/// latest every few seconds. Runs on the I/O thread: must not block.
using StillWelcome = std::function<bool(const access::Caller&, const Route&)>;
/// Told of each request that the server refused by itself with 401, 403 or 429: a certificate that may not call, a
/// foreign Origin, the gate's word. Method, path, query, remote and identity are set as far as they were read. Runs on
/// the I/O thread: must not block.
using RefusalObserver = std::function<void(const Request&, const Reply&)>;

struct ServerOptions {
  std::string host;
  std::uint16_t port = 0;  ///< 0: a free one
  std::optional<tls::Material> tls;  ///< absent: plain HTTP (callers check that the address is loopback)
  Limits limits = {};
  /// With TLS: callers without a certificate may connect, and `gate` decides about them.
  bool certificate_optional = false;
  Gate gate = {};
  StillWelcome still_welcome = {};
  RefusalObserver on_refusal = {};
};

/// Called after each answer: path as routed (or "other"), status, seconds.
using Observer = std::function<void(Method, std::string_view route, int status, double seconds)>;

/// HTTP/1.1 server: keep-alive, pipelining, HEAD, Expect: 100-continue, chunked bodies; 404/405 (with Allow) for what is
/// not routed, 403 for a foreign Origin. Beast and Asio stay in the .cpp. An error that is sent before the body was read is
/// followed by a bounded drain, so that the caller sees it.
class Server {
 public:
  /// Binds; connections are accepted from `start` on.
  static Result<std::unique_ptr<Server>> bind(ServerOptions options, std::vector<Route> routes, Observer observer = {});
  virtual ~Server() = default;  ///< stops at once

  virtual std::uint16_t port() const = 0;
  virtual void start() = 0;
  /// New handshakes use this from now on.
  virtual Status reload_tls(const tls::Material& material) = 0;
  /// Stops accepting, finishes requests under way (at most `grace`), ends event streams and closes idle connections.
  virtual void drain(std::chrono::milliseconds grace) = 0;
};

/// "127.0.0.1:8377", "[::1]:8377", "localhost:0"; kInvalid says what is wrong.
struct HostPort {
  std::string host;
  std::uint16_t port = 0;
};
Result<HostPort> parse_host_port(const std::string& text);
/// True for 127.0.0.0/8, ::1 and "localhost".
bool is_loopback(const std::string& host);

}  // namespace pai::http
