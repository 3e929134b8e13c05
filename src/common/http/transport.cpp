#include "common/http/transport.h"

#include <fcntl.h>
#include <netinet/tcp.h>
#include <openssl/x509_vfy.h>

#include <array>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/write.hpp>

#include "common/tls/openssl.h"

namespace pai::http {

Transport::Transport(Tcp::socket socket) : socket_(std::move(socket)), timer_(socket_.get_executor()) {}

asio::awaitable<error_code> Transport::connect(const Tcp::endpoint& endpoint) {
  error_code fault;
  if (timed_out_) co_return asio::error::timed_out;
  if (socket_.is_open()) (void)socket_.close(fault);
  (void)socket_.open(endpoint.protocol(), fault);
  if (fault) co_return fault;
  prepare_socket(socket_);
  const auto [outcome] = co_await socket_.async_connect(endpoint, kNoThrow);
  co_return explained(outcome);
}

void Transport::secure(SSL* session) { tls_.emplace(socket_, session); }

asio::awaitable<error_code> Transport::handshake(boost::asio::ssl::stream_base::handshake_type side) {
  const auto [fault] = co_await tls_->async_handshake(side, kNoThrow);
  secured_ = !fault;
  co_return explained(fault);
}

std::optional<tls::PeerIdentity> Transport::peer_identity() const {
  if (!secured_) return std::nullopt;
  SSL* session = const_cast<boost::asio::ssl::stream<Tcp::socket&>&>(*tls_).native_handle();
  const tls::CertificatePtr certificate(SSL_get1_peer_certificate(session));
  if (!certificate) return std::nullopt;
  return tls::identity_of(certificate.get());
}

Status Transport::vet(const tls::Vetting& vetting) const {
  if (!secured_) return {};
  SSL* session = const_cast<boost::asio::ssl::stream<Tcp::socket&>&>(*tls_).native_handle();
  const tls::CertificatePtr certificate(SSL_get1_peer_certificate(session));
  if (!certificate) return {};
  return tls::vet(vetting, certificate.get(), SSL_get_peer_cert_chain(session));
}

std::string Transport::verification_fault() const {
  if (!tls_) return {};
  const long verdict = SSL_get_verify_result(
      const_cast<boost::asio::ssl::stream<Tcp::socket&>&>(*tls_).native_handle());
  return verdict == X509_V_OK ? std::string() : X509_verify_cert_error_string(verdict);
}

void Transport::set_deadline(Clock::time_point deadline) {
  deadline_ = deadline;
  timed_out_ = false;
  // A timer that runs for an earlier moment looks at the deadline then: moving it later costs nothing.
  if (deadline != Clock::time_point::max() && (!armed_ || timer_.expiry() > deadline)) arm(deadline);
}

void Transport::arm(Clock::time_point expiry) {
  armed_ = true;
  timer_.expires_at(expiry);
  timer_.async_wait([self = weak_from_this()](error_code fault) {
    if (fault) return;  // replaced by an earlier one, or the connection is gone
    if (const auto transport = self.lock()) transport->on_timer();
  });
}

void Transport::on_timer() {
  armed_ = false;
  if (deadline_ == Clock::time_point::max()) return;
  if (Clock::now() < deadline_) {
    arm(deadline_);
    return;
  }
  timed_out_ = true;
  cancel();
}

error_code Transport::explained(error_code fault) const {
  if (fault == asio::error::operation_aborted && timed_out_) return asio::error::timed_out;
  // A TLS peer that just closes the socket is gone like any other.
  if (fault == boost::asio::ssl::error::stream_truncated) return asio::error::eof;
  return fault;
}

asio::awaitable<Transferred> Transport::read_some(asio::mutable_buffer buffer) {
  Transferred result;
  if (timed_out_) {  // the deadline passed between two operations
    result.fault = asio::error::timed_out;
    co_return result;
  }
  if (tls_) {
    const auto [fault, bytes] = co_await tls_->async_read_some(buffer, kNoThrow);
    result = {explained(fault), bytes};
  } else {
    const auto [fault, bytes] = co_await socket_.async_read_some(buffer, kNoThrow);
    result = {explained(fault), bytes};
  }
  co_return result;
}

asio::awaitable<error_code> Transport::write(asio::const_buffer first, asio::const_buffer second) {
  if (timed_out_) co_return asio::error::timed_out;
  const std::array<asio::const_buffer, 2> buffers{first, second};
  error_code fault;
  if (tls_) {
    const auto [outcome, bytes] = co_await asio::async_write(*tls_, buffers, kNoThrow);
    fault = explained(outcome);
  } else {
    const auto [outcome, bytes] = co_await asio::async_write(socket_, buffers, kNoThrow);
    fault = explained(outcome);
  }
  co_return fault;
}

asio::awaitable<void> Transport::close_gracefully(std::size_t bytes_max, std::chrono::milliseconds time_max) {
  if (!socket_.is_open()) co_return;
  set_deadline(Clock::now() + time_max);
  if (secured_) {
    (void)co_await tls_->async_shutdown(kNoThrow);  // fails when data still comes: it is drained below
  }
  error_code fault;
  (void)socket_.shutdown(Tcp::socket::shutdown_send, fault);
  std::array<char, 4096> forgotten;
  for (std::size_t drained = 0; !fault && !timed_out_ && drained < bytes_max;) {
    const auto [outcome, bytes] = co_await socket_.async_read_some(asio::buffer(forgotten), kNoThrow);
    fault = outcome;
    drained += bytes;
  }
  abort();
}

void Transport::cancel() {
  error_code ignored;  // fails only for a closed socket, where nothing is under way
  (void)socket_.cancel(ignored);
}

void Transport::abort() {
  error_code ignored;  // the descriptor is given back in any case
  (void)socket_.close(ignored);
  timer_.cancel();
}

void prepare_socket(Tcp::socket& socket) {
  error_code ignored;
  (void)socket.set_option(Tcp::no_delay(true), ignored);
  (void)::fcntl(socket.native_handle(), F_SETFD, FD_CLOEXEC);
  // A machine that vanished acknowledges nothing: without this an event stream to it would go on for a quarter of an hour.
  const unsigned unacknowledged_ms = 30'000;
  (void)::setsockopt(socket.native_handle(), IPPROTO_TCP, TCP_USER_TIMEOUT, &unacknowledged_ms, sizeof unacknowledged_ms);
}

}  // namespace pai::http
