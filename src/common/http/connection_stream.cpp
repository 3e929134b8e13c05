// The part of a connection that writes an event stream.

#include <algorithm>
#include <array>
#include <chrono>

#include "common/http/connection.h"
#include "common/log/log.h"

namespace pai::http {
namespace {

using namespace std::chrono_literals;

constexpr auto kPingInterval = 15s;  // a write to a caller that vanished fails, sooner or later
constexpr auto kCallerInterval = 2s;  // a token that was revoked reads no longer than this
constexpr std::size_t kForgottenBytesMax = 64 * 1024;

std::string chunk_head(std::size_t bytes) {
  std::array<char, 24> text{};
  const int length = std::snprintf(text.data(), text.size(), "%zx\r\n", bytes);
  return std::string(text.data(), static_cast<std::size_t>(length));
}

}  // namespace

asio::awaitable<bool> Connection::write_piece(std::string_view text, bool chunked) {
  std::string framed;
  if (chunked) {
    framed.append(chunk_head(text.size())).append(text).append("\r\n");
    text = framed;
  }
  transport_->set_deadline(Clock::now() + shared_.limits.write_timeout);
  const auto fault = co_await transport_->write(asio::buffer(text.data(), text.size()));
  transport_->set_deadline(Clock::time_point::max());
  co_return !fault;
}

/// The caller has nothing more to say: a read ends when it goes away.
asio::awaitable<void> Connection::watch_caller(std::shared_ptr<Connection> self) {
  std::array<char, 512> forgotten;
  for (std::size_t total = 0; total < kForgottenBytesMax;) {
    const auto read = co_await self->transport_->read_some(asio::buffer(forgotten));
    if (read.fault) break;
    total += read.bytes;
  }
  self->caller_gone_ = true;
  self->stream_event_.notify();
}

asio::awaitable<void> Connection::stream(std::shared_ptr<QueuedEventStream> events, const ResponseForm& form) {
  const auto self = shared_from_this();
  const bool chunked = form.version >= 11;
  streaming_ = events;
  transport_->set_deadline(Clock::time_point::max());
  events->attach([self] {
    asio::post(self->shared_.io, [self] { self->stream_event_.notify(); });
  });
  if (ending_) events->finish();  // the drain began while the handler ran
  asio::co_spawn(shared_.io, watch_caller(self), [self](std::exception_ptr) { self->watcher_ended_.notify(); });

  const bool complete = co_await write_events(*events, chunked);
  if (complete && chunked) {
    constexpr std::string_view kLastChunk = "0\r\n\r\n";
    transport_->set_deadline(Clock::now() + shared_.limits.write_timeout);
    (void)co_await transport_->write(asio::buffer(kLastChunk));  // the connection closes in any case
  }
  streaming_ = nullptr;
  events->close();
  if (!complete) transport_->abort();
  transport_->cancel();
  (void)co_await watcher_ended_.wait_until(Clock::time_point::max());
}

bool Connection::still_welcome() const {
  return !shared_.still_welcome || matched_ == nullptr || shared_.still_welcome(caller_, *matched_);
}

/// True when the producer finished and all was written.
asio::awaitable<bool> Connection::write_events(QueuedEventStream& events, bool chunked) {
  auto next_ping = Clock::now() + kPingInterval;
  for (;;) {
    const auto batch = events.take();
    if (batch.cut_off) {
      log::warning("event stream cut off: the caller reads too slowly", {{"remote", remote_}});
      co_return false;
    }
    if (caller_gone_ || aborted_) co_return false;
    if (!still_welcome()) {
      log::warning("event stream ended: its caller may read it no longer", {{"remote", remote_}, {"user", caller_.name}});
      const auto reply = error_reply(Error(ErrorCode::kUnauthenticated, "you may read this no longer: the token was revoked or expired"));
      co_return co_await write_piece(event_text("error", reply.body), chunked);
    }
    if (!batch.text.empty()) {
      const bool written = co_await write_piece(batch.text, chunked);
      if (!written) co_return false;
      next_ping = Clock::now() + kPingInterval;
    }
    if (batch.finished) co_return true;
    const bool woken = co_await stream_event_.wait_until(std::min(next_ping, Clock::now() + kCallerInterval));
    if (woken || Clock::now() < next_ping) continue;
    const bool written = co_await write_piece(": ping\n\n", chunked);
    if (!written) co_return false;
    next_ping = Clock::now() + kPingInterval;
  }
}

}  // namespace pai::http
