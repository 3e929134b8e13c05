#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "common/http/message.h"

namespace pai::http {

struct Endpoint {
  std::string host;
  std::uint16_t port = 0;
  std::string identity = {};  ///< expected certificate name or fingerprint; empty: the host name

  std::string text() const { return host + ":" + std::to_string(port); }
  auto operator<=>(const Endpoint&) const = default;
};

struct Call {
  Method method = Method::kGet;
  std::string target;  ///< path and query, encoded
  std::string body = {};
  std::string bearer = {};  ///< a token for the Authorization header, without controls; none if empty
  std::chrono::milliseconds connect_timeout{3'000};
  std::chrono::milliseconds timeout{10'000};  ///< for the whole call
};

struct Response {
  int status = 0;
  std::string content_type;
  std::string body;
};

/// Percent-encodes a query value.
std::string encode(std::string_view value);

/// Follows one event stream until destroyed; does not reconnect.
class Subscription {
 public:
  virtual ~Subscription() = default;  ///< no callback runs after it returns; not to be called from a callback
};

/// HTTP/1.1 client with keep-alive connections per endpoint. Errors: kNodeFailed (cannot connect, TLS refused, reset),
/// kTimeout; each has a detail naming the node. An answer with any status is a Response. Any thread may call.
/// A call that finds its kept connection closed by the server is sent once more on a new one, before any answer byte came.
class Client {
 public:
  /// `tls` as tls::load gave it.
  static std::unique_ptr<Client> make(std::optional<tls::Material> tls);
  virtual ~Client() = default;

  virtual Result<Response> call(const Endpoint& endpoint, const Call& call) = 0;
  /// All at once; answers in order. Returns when the last has answered or timed out.
  virtual std::vector<Result<Response>> call_all(const std::vector<std::pair<Endpoint, Call>>& calls) = 0;
  /// All at once, without waiting: `on_answer(at, answer)` runs once a call, on the client's I/O thread, and must not block.
  /// The last may come while the client is destroyed.
  virtual void call_each(std::vector<std::pair<Endpoint, Call>> calls,
                         std::function<void(std::size_t, Result<Response>)> on_answer) = 0;

  /// For the end of a daemon: what is under way, and every later call, is kCancelled.
  virtual void cancel() = 0;

  /// GET of an event stream. `on_event(event, data)` and then once `on_end(reason)` run on the client's I/O thread and must
  /// not block.
  virtual std::unique_ptr<Subscription> subscribe(const Endpoint& endpoint, const std::string& target,
                                                  std::function<void(std::string_view, std::string_view)> on_event,
                                                  std::function<void(const Error&)> on_end) = 0;
  virtual Status reload_tls(const tls::Material& material) = 0;
};

}  // namespace pai::http
