#pragma once

#include <openssl/ssl.h>

#include <boost/asio/ssl/stream.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "common/http/asio.h"
#include "common/tls/tls.h"

namespace pai::http {

struct Transferred {
  error_code fault;
  std::size_t bytes = 0;
};

/// One TCP connection, plain or with TLS, and its deadline. Everything runs on the I/O thread. One read and one write may
/// be under way at a time. A deadline that passes makes them fail with `timed_out`; the connection can still be written
/// to, so that the other side learns why.
class Transport : public std::enable_shared_from_this<Transport> {
 public:
  explicit Transport(Tcp::socket socket);

  /// Connects a fresh socket; the one before, if any, is closed.
  asio::awaitable<error_code> connect(const Tcp::endpoint& endpoint);
  /// From now on TLS; takes the session over. The handshake follows.
  void secure(SSL* session);
  asio::awaitable<error_code> handshake(boost::asio::ssl::stream_base::handshake_type side);
  /// With TLS, the certificate that the other side showed.
  std::optional<tls::PeerIdentity> peer_identity() const;
  /// As tls::vet, of the certificate that was shown; ok without TLS.
  Status vet(const tls::Vetting& vetting) const;
  /// OpenSSL's word on the chain of the other side; empty when it was found good.
  std::string verification_fault() const;

  void set_deadline(Clock::time_point deadline);
  asio::awaitable<Transferred> read_some(asio::mutable_buffer buffer);
  /// All of both buffers, or a fault.
  asio::awaitable<error_code> write(asio::const_buffer first, asio::const_buffer second = {});

  /// Says goodbye, then reads and forgets what still comes, at most `bytes_max` and for `time_max`: closing over
  /// unread bytes would reset the connection, and the other side might lose the answer.
  asio::awaitable<void> close_gracefully(std::size_t bytes_max, std::chrono::milliseconds time_max);
  /// Ends what is under way with operation_aborted; the connection stays open.
  void cancel();
  /// Closes at once.
  void abort();

  Tcp::socket& socket() { return socket_; }
  bool is_tls() const { return tls_.has_value(); }
  bool is_open() const { return socket_.is_open(); }

 private:
  void arm(Clock::time_point expiry);
  void on_timer();
  error_code explained(error_code fault) const;

  Tcp::socket socket_;
  std::optional<boost::asio::ssl::stream<Tcp::socket&>> tls_;
  bool secured_ = false;  ///< the handshake is done, so a goodbye can be sent
  asio::steady_timer timer_;
  Clock::time_point deadline_ = Clock::time_point::max();
  bool armed_ = false;
  bool timed_out_ = false;
};

/// No delay of small packets, closed on exec, broken when 30 s pass without an acknowledgement. Faults are left to the first read or write.
void prepare_socket(Tcp::socket& socket);

}  // namespace pai::http
