#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "common/http/event_stream.h"
#include "common/http/request_reader.h"
#include "common/http/response_head.h"
#include "common/http/router.h"
#include "common/http/transport.h"
#include "common/http/workers.h"
#include "common/log/trace.h"
#include "common/tls/openssl.h"

namespace pai::http {

/// What new handshakes use.
struct ServerTls {
  tls::ContextPtr context;
  std::vector<std::string> allowed_peers;
  tls::Vetting vetting;
};

/// Lets the first of a kind of event through each second, so that a hostile caller cannot fill the log.
class LogLimiter {
 public:
  bool allows() {
    const auto now = Clock::now();
    if (now < next_) return false;
    next_ = now + std::chrono::seconds(1);
    return true;
  }

 private:
  Clock::time_point next_ = {};
};

/// What the connections of one server share. All but the pools belong to the I/O thread.
struct ServerShared {
  ServerShared(std::vector<Route> routes, Observer answer_observer, const ServerOptions& options)
      : limits(options.limits), router(std::move(routes)), observer(std::move(answer_observer)), gate(options.gate),
        still_welcome(options.still_welcome), on_refusal(options.on_refusal), certificate_optional(options.certificate_optional),
        quick(limits.workers, limits.requests_waiting_max), slow(limits.workers, limits.requests_waiting_max) {}

  const Limits limits;
  const Router router;
  const Observer observer;
  const Gate gate;
  const StillWelcome still_welcome;
  const RefusalObserver on_refusal;
  const bool certificate_optional;
  Workers quick;
  Workers slow;
  LogLimiter refused_peers;
  asio::io_context io{1};  // one thread: no strands, no locks; loopback JSON does not fill it
};

/// One caller, from accept to close. Lives until `run` ends.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(ServerShared& shared, Tcp::socket socket, std::shared_ptr<const ServerTls> tls);

  asio::awaitable<void> run();
  /// Too many are connected already: says so and closes.
  asio::awaitable<void> turn_away();
  /// Finishes the request under way, ends an event stream, closes.
  void drain();
  void abort();

  /// No whole request has come since it was accepted, or since its last answer: nothing is lost if it has to go.
  bool is_waiting() const { return reader_.waiting() && !ending_; }
  Clock::time_point waiting_since() const { return waiting_since_; }
  /// Whose it is, for a fair share: the address, of IPv6 the network.
  const std::string& source() const { return source_; }

 private:
  struct Task;

  asio::awaitable<bool> secure();
  asio::awaitable<void> answer_plain_http();
  /// One request and its answer; false: close.
  asio::awaitable<bool> exchange();
  std::optional<Reply> judge(Request& request);
  void tell_refusal(Request& request, const Reply& reply) const;
  asio::awaitable<Reply> handle(Request request, log::Trace trace);
  asio::awaitable<bool> send(const Reply& reply, const ResponseForm& form);
  asio::awaitable<void> stream(std::shared_ptr<QueuedEventStream> events, const ResponseForm& form);
  bool still_welcome() const;
  asio::awaitable<bool> write_events(QueuedEventStream& events, bool chunked);
  static asio::awaitable<void> watch_caller(std::shared_ptr<Connection> self);
  asio::awaitable<bool> write_piece(std::string_view text, bool chunked);

  ServerShared& shared_;
  std::shared_ptr<Transport> transport_;
  std::shared_ptr<const ServerTls> tls_;
  RequestReader reader_;
  std::string remote_;
  std::string source_;
  Clock::time_point waiting_since_ = Clock::now();
  std::optional<tls::PeerIdentity> identity_;
  bool allowed_ = true;
  std::string_view route_ = "other";
  const Route* matched_ = nullptr;
  access::Caller caller_ = {};  ///< of the request under way, as the gate found

  Signal replied_;
  Signal stream_event_;
  Signal watcher_ended_;
  std::shared_ptr<QueuedEventStream> streaming_;
  bool caller_gone_ = false;
  bool ending_ = false;   ///< no further request is taken
  bool aborted_ = false;
  bool unread_ = false;   ///< the caller may still be sending what we refused
};

}  // namespace pai::http
