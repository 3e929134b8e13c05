#pragma once

#include <boost/beast/core/flat_buffer.hpp>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "common/http/client.h"
#include "common/http/transport.h"
#include "common/log/trace.h"
#include "common/tls/openssl.h"

namespace pai::http {

struct ClientTls {
  tls::ContextPtr context;
  tls::Vetting vetting;
};

/// What the calls of one client share. Everything but `io` belongs to the I/O thread.
struct ClientShared {
  asio::io_context io{1};
  std::shared_ptr<const ClientTls> tls;
  bool stopping = false;
  std::set<Transport*> open;    ///< connections that a call or subscription uses now
  std::set<Signal*> resolving;

  /// Everything under way ends with kCancelled.
  void stop() {
    stopping = true;
    for (auto* transport : open) transport->abort();
    for (auto* signal : resolving) signal->notify();
  }
};

/// `addr:port: what` under `code`, with the node as detail.
Error node_error(const Endpoint& endpoint, ErrorCode code, std::string_view what);

/// One connection to an endpoint, made and used within coroutines of the I/O thread.
class ClientLink {
 public:
  explicit ClientLink(std::shared_ptr<ClientShared> shared, Endpoint endpoint)
      : shared_(std::move(shared)), endpoint_(std::move(endpoint)),
        transport_(std::make_shared<Transport>(Tcp::socket(shared_->io))) {}
  ClientLink(const ClientLink&) = delete;
  ClientLink& operator=(const ClientLink&) = delete;
  ~ClientLink() { transport_->abort(); }

  /// Resolves, connects and, with TLS, shakes hands and checks who answered. kNodeFailed, kTimeout, kCancelled.
  asio::awaitable<Status> connect(Clock::time_point deadline);

  struct Exchanged {
    Result<Response> response;
    bool reusable = false;
    bool unanswered = false;  ///< the connection ended before any byte of an answer
  };
  /// `trace`: on whose behalf; the endpoint is told, unless it is empty.
  asio::awaitable<Exchanged> exchange(const Call& call, log::Trace trace, Clock::time_point deadline);

  /// Sends a request without waiting for the answer.
  asio::awaitable<error_code> send(const Call& call, log::Trace trace, std::string_view accept, Clock::time_point deadline);
  /// At least one more byte in `buffer()`.
  asio::awaitable<error_code> read_more(std::size_t bytes_max, Clock::time_point deadline);
  boost::beast::flat_buffer& buffer() { return buffer_; }

  /// False when the server closed it, or said something unasked, while it was idle.
  bool is_quiet();
  /// What went wrong, in words; kTimeout and kCancelled told apart from the rest.
  Error explain(std::string_view doing, const error_code& fault) const;

  void abort() { transport_->abort(); }
  const Endpoint& endpoint() const { return endpoint_; }
  Clock::time_point idle_since = {};

 private:
  asio::awaitable<Result<std::vector<Tcp::endpoint>>> resolve(Clock::time_point deadline);
  asio::awaitable<Status> secure(Clock::time_point deadline);

  std::shared_ptr<ClientShared> shared_;
  const Endpoint endpoint_;
  std::shared_ptr<Transport> transport_;
  boost::beast::flat_buffer buffer_;
};

}  // namespace pai::http
