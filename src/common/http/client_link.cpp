#include "common/http/client_link.h"

#include <openssl/x509v3.h>
#include <sys/socket.h>

#include <boost/asio/ip/address.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include "common/base/text.h"
#include "common/http/router.h"

namespace pai::http {
namespace {

namespace beast_http = boost::beast::http;
using Parser = beast_http::response_parser<beast_http::string_body>;

constexpr std::size_t kBodyBytesMax = std::size_t{8} << 20;
constexpr std::uint32_t kHeaderBytesMax = 16 * 1024;
constexpr std::size_t kReadBytes = 16 * 1024;
constexpr std::size_t kOneWriteBytesMax = 16 * 1024;

/// The connection can be stopped from outside as long as this stands.
class InUse {
 public:
  InUse(ClientShared& shared, Transport* transport) : shared_(shared), transport_(transport) {
    shared_.open.insert(transport_);
  }
  InUse(const InUse&) = delete;
  InUse& operator=(const InUse&) = delete;
  ~InUse() { shared_.open.erase(transport_); }

 private:
  ClientShared& shared_;
  Transport* transport_;
};

bool is_address(const std::string& host) {
  error_code fault;
  (void)asio::ip::make_address(host, fault);
  return !fault;
}

std::string host_header(const Endpoint& endpoint) {
  const bool v6 = endpoint.host.find(':') != std::string::npos;
  return (v6 ? "[" + endpoint.host + "]" : endpoint.host) + ":" + std::to_string(endpoint.port);
}

std::string request_text(const Endpoint& endpoint, const Call& call, const log::Trace& trace, std::string_view accept) {
  std::string text;
  text.reserve(256 + (call.body.size() <= kOneWriteBytesMax ? call.body.size() : 0));
  text.append(method_name(call.method)).append(" ").append(call.target).append(" HTTP/1.1\r\nHost: ");
  text.append(host_header(endpoint)).append("\r\nUser-Agent: pai\r\nAccept: ").append(accept);
  if (!trace.empty()) text.append("\r\ntraceparent: ").append(log::traceparent(log::next_step(trace)));
  if (!call.bearer.empty()) text.append("\r\nAuthorization: Bearer ").append(call.bearer);
  if (!call.body.empty() || call.method == Method::kPost || call.method == Method::kPut) {
    text.append("\r\nContent-Type: application/json\r\nContent-Length: ").append(std::to_string(call.body.size()));
  }
  text.append("\r\n\r\n");
  return text;
}

}  // namespace

Error node_error(const Endpoint& endpoint, ErrorCode code, std::string_view what) {
  return Error(code, endpoint.text() + ": " + std::string(what))
      .with_detail({ErrorDetail::Kind::kNode, endpoint.text(), std::string(what)});
}

Error ClientLink::explain(std::string_view doing, const error_code& fault) const {
  if (shared_->stopping) return node_error(endpoint_, ErrorCode::kCancelled, "this daemon is stopping");
  if (fault == asio::error::timed_out) {
    return node_error(endpoint_, ErrorCode::kTimeout, std::string(doing) + " took too long");
  }
  const std::string why = fault == asio::error::eof ? "the connection was closed" : fault.message();
  return node_error(endpoint_, ErrorCode::kNodeFailed, std::string(doing) + " failed: " + why);
}

asio::awaitable<Result<std::vector<Tcp::endpoint>>> ClientLink::resolve(Clock::time_point deadline) {
  std::vector<Tcp::endpoint> found;
  error_code fault;
  const auto address = asio::ip::make_address(endpoint_.host, fault);
  if (!fault) {
    found.emplace_back(address, endpoint_.port);
    co_return found;
  }
  // getaddrinfo cannot be interrupted: the answer, should it come late, goes to a state that nobody waits for.
  struct Lookup {
    explicit Lookup(asio::io_context& io) : resolver(io), done(io) {}
    Tcp::resolver resolver;
    Signal done;
    error_code fault = asio::error::timed_out;
    std::vector<Tcp::endpoint> found;
  };
  auto lookup = std::make_shared<Lookup>(shared_->io);
  lookup->resolver.async_resolve(endpoint_.host, std::to_string(endpoint_.port),
                                 [lookup](const error_code& outcome, const Tcp::resolver::results_type& results) {
                                   lookup->fault = outcome;
                                   for (const auto& entry : results) lookup->found.push_back(entry.endpoint());
                                   lookup->done.notify();
                                 });
  shared_->resolving.insert(&lookup->done);
  (void)co_await lookup->done.wait_until(deadline);  // `fault` says whether it came
  shared_->resolving.erase(&lookup->done);
  if (lookup->fault || shared_->stopping) co_return explain("looking up the host name", lookup->fault);
  co_return std::move(lookup->found);
}

asio::awaitable<Status> ClientLink::connect(Clock::time_point deadline) {
  auto addresses = co_await resolve(deadline);
  if (!addresses.ok()) co_return std::move(addresses).error();
  const InUse in_use(*shared_, transport_.get());
  transport_->set_deadline(deadline);
  error_code fault = asio::error::host_not_found;
  for (const auto& address : *addresses) {
    if (shared_->stopping) break;
    fault = co_await transport_->connect(address);
    if (!fault) break;
  }
  if (fault || shared_->stopping) co_return explain("connecting", fault);
  if (shared_->tls) {
    auto secured = co_await secure(deadline);
    co_return secured;
  }
  co_return Status();
}

asio::awaitable<Status> ClientLink::secure(Clock::time_point deadline) {
  // Held here: a reload may replace the context while we shake hands.
  const auto tls = shared_->tls;
  SSL* session = SSL_new(tls->context.get());
  if (session == nullptr) {
    co_return Error(ErrorCode::kInternal, "a TLS session could not be made: " + tls::openssl_message());
  }
  transport_->secure(session);
  const bool by_address = is_address(endpoint_.host);
  if (!by_address) (void)SSL_set_tlsext_host_name(session, endpoint_.host.c_str());  // a hint; nothing rests on it
  if (endpoint_.identity.empty()) {
    X509_VERIFY_PARAM* wanted = SSL_get0_param(session);
    const int set = by_address ? X509_VERIFY_PARAM_set1_ip_asc(wanted, endpoint_.host.c_str())
                               : X509_VERIFY_PARAM_set1_host(wanted, endpoint_.host.c_str(), 0);
    if (set != 1) co_return node_error(endpoint_, ErrorCode::kNodeFailed, "this host name cannot be verified");
  }
  transport_->set_deadline(deadline);
  const auto fault = co_await transport_->handshake(boost::asio::ssl::stream_base::client);
  if (fault) {
    const auto verdict = transport_->verification_fault();
    if (!verdict.empty() && !shared_->stopping) {
      co_return node_error(endpoint_, ErrorCode::kNodeFailed, "its certificate was refused: " + verdict);
    }
    co_return explain("the TLS handshake", fault);
  }
  if (const auto vouched = transport_->vet(tls->vetting); !vouched.ok()) {
    co_return node_error(endpoint_, ErrorCode::kNodeFailed, "its certificate was refused: " + vouched.error().message());
  }
  // Asked of every server: OpenSSL's own check would take a common name beside other names, and wildcards, which vetting does not know.
  const auto& due = endpoint_.identity.empty() ? endpoint_.host : endpoint_.identity;
  const auto identity = transport_->peer_identity();
  if (identity && tls::matches(*identity, due)) co_return Status();
  co_return node_error(endpoint_, ErrorCode::kNodeFailed,
                       "its certificate is '" + (identity ? printable(identity->common_name) : "") + "' (" +
                           (identity ? identity->fingerprint : "") + "), not '" + printable(due) + "'");
}

asio::awaitable<error_code> ClientLink::send(const Call& call, log::Trace trace, std::string_view accept, Clock::time_point deadline) {
  const InUse in_use(*shared_, transport_.get());
  transport_->set_deadline(deadline);
  std::string text = request_text(endpoint_, call, trace, accept);
  error_code fault;
  if (call.body.size() <= kOneWriteBytesMax) {
    text.append(call.body);
    fault = co_await transport_->write(asio::buffer(text));
  } else {
    fault = co_await transport_->write(asio::buffer(text), asio::buffer(call.body));
  }
  co_return fault;
}

asio::awaitable<error_code> ClientLink::read_more(std::size_t bytes_max, Clock::time_point deadline) {
  const InUse in_use(*shared_, transport_.get());
  transport_->set_deadline(deadline);
  const auto space = buffer_.prepare(bytes_max);
  const auto read = co_await transport_->read_some(space);
  buffer_.commit(read.bytes);
  co_return read.fault;
}

asio::awaitable<ClientLink::Exchanged> ClientLink::exchange(const Call& call, log::Trace trace, Clock::time_point deadline) {
  const auto send_fault = co_await send(call, trace, "application/json", deadline);
  if (send_fault == asio::error::timed_out) co_return Exchanged{explain("sending the request", send_fault)};
  // After any other fault the server may have answered before it closed: an early refusal is worth more than ours.
  bool answered = false;
  std::optional<Parser> parser;
  const auto begin = [&] {
    parser.emplace();
    parser->header_limit(kHeaderBytesMax);
    parser->body_limit(kBodyBytesMax);
    parser->eager(true);
    if (call.method == Method::kHead) parser->skip(true);
  };
  begin();
  for (;;) {
    error_code fault;
    if (buffer_.size() > 0) {
      buffer_.consume(parser->put(buffer_.data(), fault));
      if (fault && fault != beast_http::error::need_more) {
        co_return Exchanged{node_error(endpoint_, ErrorCode::kNodeFailed, "the answer is not HTTP: " + fault.message())};
      }
      if (parser->is_done() && parser->get().result_int() / 100 == 1) {
        begin();  // 100 Continue and the like come before the answer
        continue;
      }
      if (parser->is_done()) break;
    }
    fault = co_await read_more(kReadBytes, deadline);
    if (buffer_.size() > 0) answered = true;
    if (!fault) continue;
    if (fault == asio::error::eof && parser->got_some()) {
      parser->put_eof(fault);
      if (!fault) break;
      fault = asio::error::eof;
    }
    const bool unanswered = !answered && fault != asio::error::timed_out && !shared_->stopping;
    co_return Exchanged{explain("waiting for the answer", send_fault ? send_fault : fault), false, unanswered};
  }
  auto& message = parser->get();
  const auto type = message[beast_http::field::content_type];
  Response response;
  response.status = static_cast<int>(message.result_int());
  response.content_type = std::string(type.data(), type.size());
  response.body = std::move(message.body());
  const bool reusable = !send_fault && parser->keep_alive() && buffer_.size() == 0;
  if (buffer_.size() == 0) buffer_ = {};  // a kept connection holds no buffer
  co_return Exchanged{std::move(response), reusable, false};
}

bool ClientLink::is_quiet() {
  if (!transport_->is_open()) return false;
  char byte = 0;
  const auto seen = ::recv(transport_->socket().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return seen < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

}  // namespace pai::http
