// How the conversation with a peer ends: the goodbyes of both sides, and what is left when there is none.
#include <span>

#include "client/channel/peer.h"
#include "common/base/check.h"
#include "common/base/text.h"

namespace pai::client {

namespace {

constexpr std::size_t kMessageBytesMax = 500;
constexpr std::size_t kLedgerHashBytes = 32;

std::span<const std::uint8_t> bytes_of(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

}  // namespace

Peer::Taken Peer::take_goodbye(const v1::Goodbye& goodbye) {
  const Lock lock(loop_.mutex());
  goodbye_received_ = true;
  if (goodbye.ledger_hash().size() == kLedgerHashBytes && goodbye.ledger_lines() > 0) {
    ledger_ = {goodbye.ledger_lines(), to_hex(bytes_of(goodbye.ledger_hash()))};
  }
  if (goodbye.ok()) {
    waits_for_goodbye_ = true;
    mailbox_.end(Error(ErrorCode::kPeerLost, pair_.label + " has ended; no more can be exchanged with it").blaming(pair_.id));
    return Taken::kEnd;
  }
  const bool names_culprit = goodbye.has_blames() && goodbye.blames() < static_cast<std::uint32_t>(pair_.clients);
  fail_waits(Error(ErrorCode::kPeerLost, pair_.label + " failed: " + printable(goodbye.message(), kMessageBytesMax))
                 .blaming(names_culprit ? static_cast<int>(goodbye.blames()) : pair_.id));
  return Taken::kEnd;
}

void Peer::say_goodbye(const Farewell& farewell) {
  Lock lock(loop_.mutex());
  mailbox_.discard();
  if (!mailbox_.is_open()) {
    farewell_ = farewell;
    return;
  }
  start_read();
  const auto idle = [this] { return is_idle() || stream_ == nullptr; };
  const auto deadline = farewell.outcome.ok() ? Clock::time_point::max() : Clock::now() + kWriteGrace;
  if (loop_.wait(lock, this, idle, deadline)) {
    write_goodbye(lock, farewell);
    if (loop_.wait(lock, this, idle, deadline)) return;
  }
  if (stream_ != nullptr) stream_->cancel();
}

/// While nobody else writes.
void Peer::write_goodbye(Lock& lock, const Farewell& farewell) {
  if (!is_writable()) return;
  const auto& outcome = farewell.outcome;
  v1::Frame frame;
  auto& goodbye = *frame.mutable_goodbye();
  goodbye.set_ok(outcome.ok());
  if (!outcome.ok()) {
    goodbye.set_message(printable(outcome.error().message(), kMessageBytesMax));
    if (outcome.error().blames() >= 0) goodbye.set_blames(static_cast<std::uint32_t>(outcome.error().blames()));
  }
  if (farewell.ledger.lines > 0) {
    const auto hash = from_hex(farewell.ledger.hash);
    PAI_CHECK(hash && hash->size() == kLedgerHashBytes, "a ledger's hash is hexadecimal");
    goodbye.set_ledger_lines(farewell.ledger.lines);
    goodbye.set_ledger_hash(hash->data(), hash->size());
  }
  goodbye_sent_ = true;
  stream_over_.notify_all();
  count(frame);
  start(lock, frame, true);
}

bool Peer::wait_over(Clock::time_point deadline) {
  Lock lock(loop_.mutex());
  return stream_over_.wait_until(lock, deadline, [this] { return stream_ == nullptr; });
}

void Peer::discard() {
  const Lock lock(loop_.mutex());
  mailbox_.discard();
  start_read();
}

void Peer::cut() {
  const Lock lock(loop_.mutex());
  cut_ = true;
  stream_over_.notify_all();
  if (stream_ != nullptr) stream_->cancel();
}

std::optional<task::HashChain::Head> Peer::ledger() const {
  const Lock lock(loop_.mutex());
  return ledger_;
}

}  // namespace pai::client
