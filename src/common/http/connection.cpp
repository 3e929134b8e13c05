#include "common/http/connection.h"

#include <sys/socket.h>

#include <chrono>

#include "common/access/guess_limiter.h"
#include "common/base/check.h"
#include "common/log/log.h"

namespace pai::http {
namespace {

using namespace std::chrono_literals;

// What is read and forgotten so that a refused upload's sender sees the answer.
constexpr std::size_t kDrainBytesMax = std::size_t{32} << 20;
constexpr auto kDrainTimeMax = 3s;
constexpr auto kGoodbyeTimeMax = 200ms;  // for a caller that was answered in full
constexpr std::size_t kOneWriteBytesMax = 16 * 1024;

std::string remote_text(const Tcp::socket& socket) {
  error_code fault;
  const auto endpoint = socket.remote_endpoint(fault);
  if (fault) return "unknown";  // gone already; the first read will say so
  const auto address = endpoint.address().to_string();
  const bool v6 = endpoint.address().is_v6();
  return (v6 ? "[" + address + "]" : address) + ":" + std::to_string(endpoint.port());
}

/// The caller's trace, one step further; a new one where the caller names none, or what is no trace.
log::Trace trace_of(const Request& request) {
  const auto given = request.headers.find("traceparent");
  const auto parsed = given == request.headers.end() ? std::nullopt : log::parse_traceparent(given->second);
  return parsed ? log::next_step(*parsed) : log::new_trace();
}

Reply busy_reply(std::string message) { return error_reply(Error(ErrorCode::kBusy, std::move(message))); }

}  // namespace

/// A request on its way through a worker. Whether it was handled or dropped with the queue: when the last owner lets go,
/// the connection is told.
struct Connection::Task {
  Task(std::shared_ptr<Connection> owner, Request given, const log::Trace& its_trace)
      : connection(std::move(owner)), request(std::move(given)), trace(its_trace) {}
  ~Task() {
    asio::io_context& io = connection->shared_.io;
    asio::post(io, [waiting = std::move(connection), answer = std::move(slot), reply = std::move(reply)]() mutable {
      *answer = std::move(reply);
      waiting->replied_.notify();
    });
  }
  Task(const Task&) = delete;
  Task& operator=(const Task&) = delete;

  std::shared_ptr<Connection> connection;
  Request request;
  log::Trace trace;
  std::optional<Reply> reply;
  std::shared_ptr<std::optional<Reply>> slot = std::make_shared<std::optional<Reply>>();
};

Connection::Connection(ServerShared& shared, Tcp::socket socket, std::shared_ptr<const ServerTls> tls)
    : shared_(shared),
      transport_(std::make_shared<Transport>(std::move(socket))),
      tls_(std::move(tls)),
      reader_(*transport_, shared.limits),
      remote_(remote_text(transport_->socket())),
      source_(access::guesser_of(remote_)),
      replied_(shared.io),
      stream_event_(shared.io),
      watcher_ended_(shared.io) {}

asio::awaitable<void> Connection::run() {
  bool open = true;
  if (tls_) open = co_await secure();
  while (open && !ending_) open = co_await exchange();
  if (!aborted_) {
    const auto time_max = unread_ ? std::chrono::milliseconds(kDrainTimeMax) : kGoodbyeTimeMax;
    co_await transport_->close_gracefully(kDrainBytesMax, time_max);
  }
  transport_->abort();
}

void Connection::drain() {
  ending_ = true;
  if (streaming_) {
    streaming_->finish();
  } else if (reader_.idle()) {  // in the handshake or between two requests
    transport_->cancel();
  }
}

void Connection::abort() {
  ending_ = aborted_ = true;
  transport_->abort();
  stream_event_.notify();
}

asio::awaitable<void> Connection::turn_away() {
  ending_ = true;
  if (!tls_) {  // a handshake would cost more than the request it refuses
    transport_->set_deadline(Clock::now() + 1s);
    ResponseForm form;
    form.keep_alive = false;
    const auto reply = error_reply(Error(ErrorCode::kUnavailable, "too many connections are open"));
    const std::string text = response_head(reply, form) + reply.body;
    (void)co_await transport_->write(asio::buffer(text));  // a caller that does not read has turned away itself
    co_await transport_->close_gracefully(kOneWriteBytesMax, 1s);
  }
  transport_->abort();
}

// --- TLS --------------------------------------------------------------------------------------------------------

asio::awaitable<bool> Connection::secure() {
  transport_->set_deadline(Clock::now() + shared_.limits.header_timeout);
  const auto [waited] = co_await transport_->socket().async_wait(Tcp::socket::wait_read, kNoThrow);
  if (waited) co_return false;
  unread_ = true;  // until the handshake is done: an alert or an answer must not be lost to a reset
  unsigned char first = 0;
  constexpr unsigned char kTlsHandshakeRecord = 22;
  const auto seen = ::recv(transport_->socket().native_handle(), &first, 1, MSG_PEEK | MSG_DONTWAIT);
  if (seen <= 0) co_return false;  // opened and closed: a port scan, a health check of a balancer
  if (first != kTlsHandshakeRecord) {
    co_await answer_plain_http();
    co_return false;
  }

  SSL* session = SSL_new(tls_->context.get());
  if (session == nullptr) {
    log::error("TLS session could not be made", {{"remote", remote_}, {"why", tls::openssl_message()}});
    co_return false;
  }
  transport_->secure(session);
  const auto fault = co_await transport_->handshake(boost::asio::ssl::stream_base::server);
  if (fault) {
    if (!aborted_ && shared_.refused_peers.allows()) {
      const auto verdict = transport_->verification_fault();
      log::warning("TLS handshake failed", {{"remote", remote_}, {"why", verdict.empty() ? fault.message() : verdict}});
    }
    co_return false;
  }
  unread_ = false;
  identity_ = transport_->peer_identity();
  const auto vouched = transport_->vet(tls_->vetting);
  allowed_ = vouched.ok() && (identity_ ? tls::is_allowed(*identity_, tls_->allowed_peers) : shared_.certificate_optional);
  if (!vouched.ok()) {
    if (shared_.refused_peers.allows()) {
      log::warning("caller's certificate was refused", {{"remote", remote_}, {"why", vouched.error().message()}});
    }
  } else if (!allowed_ && shared_.refused_peers.allows()) {
    log::warning("caller is not among tls.allowed_peers",
                 {{"remote", remote_},
                  {"name", identity_ ? identity_->common_name : ""},
                  {"fingerprint", identity_ ? identity_->fingerprint : ""}});
  }
  co_return true;
}

asio::awaitable<void> Connection::answer_plain_http() {
  ResponseForm form;
  form.keep_alive = false;
  const auto reply = error_reply(
      Error(ErrorCode::kInvalid, "this port speaks HTTPS").with_hint("use https://, and a client certificate or a token"));
  const std::string text = response_head(reply, form) + reply.body;
  (void)co_await transport_->write(asio::buffer(text));  // the connection ends in any case
}

// --- one request ------------------------------------------------------------------------------------------------

std::optional<Reply> Connection::judge(Request& request) {
  request.remote = remote_;
  request.identity = identity_;
  if (!allowed_) {
    return error_reply(Error(ErrorCode::kDenied, "this certificate may not call here")
                           .with_hint("its name or fingerprint is not in tls.allowed_peers, or it was revoked; this daemon's log says which"));
  }
  auto match = shared_.router.find(request.method, request.path);
  route_ = match.path;
  matched_ = match.route;
  if (match.route == nullptr) return std::move(match.answer);
  std::optional<Reply> refused;
  if (shared_.gate) refused = shared_.gate(request, *match.route);
  caller_ = request.caller;
  return refused;
}

void Connection::tell_refusal(Request& request, const Reply& reply) const {
  if (!shared_.on_refusal || (reply.status != 401 && reply.status != 403 && reply.status != 429)) return;
  request.remote = remote_;  // not set yet when the header itself was at fault
  request.identity = identity_;
  shared_.on_refusal(request, reply);
}

asio::awaitable<bool> Connection::exchange() {
  route_ = "other";
  matched_ = nullptr;
  waiting_since_ = Clock::now();
  const RequestReader::Judge judge_request = [this](Request& request) { return judge(request); };
  auto incoming = co_await reader_.next(judge_request);
  if (incoming.kind == Incoming::Kind::kGone) co_return false;

  const auto started = Clock::now();
  const Method method = incoming.request.method;
  const log::Trace trace = trace_of(incoming.request);
  Reply reply;
  if (incoming.kind == Incoming::Kind::kRequest) {
    reply = co_await handle(std::move(incoming.request), trace);
  } else {
    reply = std::move(incoming.answer);
    unread_ = !incoming.keep_alive;
    const log::TraceScope scope(trace);
    tell_refusal(incoming.request, reply);
  }
  reply.headers.emplace_back("traceparent", log::traceparent(trace));

  ResponseForm form;
  form.version = incoming.version;
  form.head = method == Method::kHead;
  form.keep_alive = incoming.keep_alive && !ending_ && !(reply.events && form.version < 11);
  const bool sent = co_await send(reply, form);
  if (shared_.observer) {
    shared_.observer(method, route_, reply.status, std::chrono::duration<double>(Clock::now() - started).count());
  }
  if (reply.events) {
    auto events = std::dynamic_pointer_cast<QueuedEventStream>(reply.events);
    PAI_CHECK(events != nullptr, "an event stream that make_event_stream did not make");
    if (sent && !form.head) co_await stream(events, form);
    events->close();
    // A stream that ended well leaves the connection usable only if nothing else was read from it.
    co_return sent && form.head && form.keep_alive;
  }
  co_return sent && form.keep_alive;
}

asio::awaitable<Reply> Connection::handle(Request request, log::Trace trace) {
  auto task = std::make_shared<Task>(shared_from_this(), std::move(request), trace);
  const auto answer = task->slot;
  Workers& pool = matched_->slow ? shared_.slow : shared_.quick;
  const bool accepted = pool.submit([task, handler = &matched_->handler] {
    const log::TraceScope scope(task->trace);
    try {
      task->reply = (*handler)(task->request);
    } catch (const std::exception& fault) {  // handlers do not throw; one that does must not end the daemon
      log::error("handler threw", {{"path", task->request.path}, {"why", fault.what()}});
      task->reply = error_reply(Error(ErrorCode::kInternal, "the request could not be handled"));
    }
  });
  task.reset();
  (void)co_await replied_.wait_until(Clock::time_point::max());
  if (*answer) co_return std::move(**answer);
  if (accepted) co_return error_reply(Error(ErrorCode::kUnavailable, "this daemon is stopping"));
  co_return busy_reply("too many requests are waiting");
}

asio::awaitable<bool> Connection::send(const Reply& reply, const ResponseForm& form) {
  transport_->set_deadline(Clock::now() + shared_.limits.write_timeout);
  std::string head = response_head(reply, form);
  std::string_view body;
  if (!form.head && !reply.events && has_body(reply.status)) body = reply.body;
  error_code fault;
  if (body.size() <= kOneWriteBytesMax) {
    head.append(body);  // one packet, one TLS record
    fault = co_await transport_->write(asio::buffer(head));
  } else {
    fault = co_await transport_->write(asio::buffer(head), asio::buffer(body.data(), body.size()));
  }
  co_return !fault;
}

}  // namespace pai::http
