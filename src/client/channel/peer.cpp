#include "client/channel/peer.h"

#include <algorithm>
#include <utility>

#include <google/protobuf/descriptor.h>


namespace pai::client {

namespace {

using Clock = Peer::Clock;
using namespace std::chrono_literals;

/// The transport says that a stream broke a moment before its reader knows why.
constexpr auto kReasonGrace = 1s;
/// From this size on frames are taken in advance; see on_read.
constexpr std::size_t kBulkBytes = std::size_t{64} << 10;

Clock::rep ticks(Clock::time_point time) { return time.time_since_epoch().count(); }
Clock::time_point time_of(Clock::rep ticks) { return Clock::time_point(Clock::duration(ticks)); }

bool allows(const disclosure::Bodies& bodies, const v1::Frame& frame) {
  return bodies.test(static_cast<std::size_t>(frame.body_case()));
}

std::string_view body_name(const v1::Frame& frame) {
  const auto* field = v1::Frame::descriptor()->FindFieldByNumber(frame.body_case());
  return field == nullptr ? std::string_view("message without content") : std::string_view(field->message_type()->name());
}

std::string seconds_of(Clock::duration duration) {
  auto text = std::to_string(std::chrono::duration<double>(duration).count());
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text + " s";
}

}  // namespace

Peer::Peer(Pair pair, const PeerTimes& times, std::size_t mailbox_bytes_max, ProgressClock& progress,
           TrafficCounter& traffic, EventLoop& loop)
    : pair_(std::move(pair)), times_(times), progress_(progress), traffic_(traffic), loop_(loop),
      mailbox_(mailbox_bytes_max) {}

// Waits have no deadline of their own: `watch` keeps it, and fails the mailbox.

Status Peer::send(v1::Frame frame) {
  if (!allows(pair_.to_it, frame)) {
    return Error(ErrorCode::kInternal, "a " + std::string(body_name(frame)) + " may not leave for " + pair_.label +
                                           " in this task: the message does not declare it");
  }
  Lock lock(loop_.mutex());
  if (!mailbox_.is_open() && !mailbox_.has_failed()) {
    if (!mailbox_.waiting) mailbox_.waiting = {"connection", Clock::now()};
    (void)loop_.wait(lock, this, [this] { return mailbox_.is_open() || mailbox_.has_failed(); });
    if (mailbox_.waiting && mailbox_.waiting->message_type == "connection") mailbox_.waiting.reset();
  }
  if (auto failure = mailbox_.failure()) return *failure;
  const auto body = frame.body_case();
  lock.unlock();
  PAI_ASSIGN(const auto outgoing, Outgoing::prepare(std::move(frame)));
  lock.lock();
  (void)loop_.wait(lock, this, [this] { return !sending_ || mailbox_.is_over(); });
  if (auto failure = mailbox_.failure()) return *failure;
  sending_ = true;
  const bool written = outgoing.write([&](const v1::Frame& piece) { return write(lock, piece); });
  sending_ = false;
  loop_.changed(this);
  if (!written) return failure_or_lost(lock);
  progress_.touch(last_sent_);
  traffic_.add(pair_.id, body, outgoing.bytes());
  spoke_ = true;
  return {};
}

Result<v1::Frame> Peer::receive(const google::protobuf::Descriptor& expected) {
  Lock lock(loop_.mutex());
  if (!mailbox_.is_ready()) {
    start_read();
    const auto since = Clock::now();
    mailbox_.waiting = {expected.name(), since};
    (void)loop_.wait(lock, this, [this] { return mailbox_.is_ready(); });
    mailbox_.waiting.reset();
    waited_ += Clock::now() - since;
  }
  const bool was_full = !mailbox_.has_room();
  auto frame = mailbox_.take();
  if (was_full) start_read();
  if (frame.ok()) {
    ++received_;
    if (std::exchange(spoke_, false)) ++rounds_;
  }
  return frame;
}

void Peer::serve(Stream& stream) {
  Lock lock(loop_.mutex());
  const auto now = Clock::now();
  last_seen_ = ticks(now);
  last_sent_ = now;
  progress_.touch(now);
  stream_ = &stream;
  mailbox_.open();
  loop_.changed(this);
  if (farewell_) write_goodbye(lock, *std::exchange(farewell_, {}));
  start_read();
  stream_over_.wait(lock, [this] { return reads_end_; });
  // A peer that ended in order waits a while for our goodbye, which says where our ledger stands: the stream is kept for it.
  stream_over_.wait(lock, [this] { return !waits_for_goodbye_ || goodbye_sent_ || broken_ || cut_; });
  if (!goodbye_received_ && !goodbye_sent_) fail_waits(lost("connection closed"));
  if (farewell_ && loop_.wait(lock, this, [this] { return is_idle(); }, Clock::now() + kWriteGrace)) {
    write_goodbye(lock, *farewell_);  // it should learn why; if it can't, it sees the stream end
  }
  // The stream is taken from its writers. One that hangs in it is cut off: the other end reads no more.
  if (!loop_.wait(lock, this, [this] { return is_idle(); }, Clock::now() + kWriteGrace)) {
    stream.cancel();
    (void)loop_.wait(lock, this, [this] { return is_idle(); });
  }
  stream_ = nullptr;
  loop_.changed(this);
  stream_over_.notify_all();
}

void Peer::on_read(bool ok) {
  hears_ = false;
  const auto now = Clock::now();
  last_seen_ = ticks(now);
  const auto taken = ok ? take(incoming_) : Taken::kEnd;
  const auto bytes = taken == Taken::kData ? incoming_.ByteSizeLong() : 0;
  const Lock lock(loop_.mutex());
  reading_ = false;
  if (taken == Taken::kEnd) {
    reads_end_ = true;
    loop_.changed(this);
    stream_over_.notify_all();
    return;
  }
  const bool bulk = taken == Taken::kPiece || bytes >= kBulkBytes;
  if (taken != Taken::kControl) loop_.note_data(bulk);
  if (taken != Taken::kData) return start_read();
  progress_.touch(now);
  const bool put_off = !bulk && mailbox_.is_wanted() && !loop_.is_kept();
  received_bytes_ += bytes;
  mailbox_.put(std::move(incoming_), bytes);
  incoming_.Clear();
  loop_.changed(this);
  // When a read begins while nothing is there, gRPC tells the peer at once how much it may send again, in a packet of its
  // own. Begun after our answer was written, that goes along with the answer, which halves the packets of an exchange.
  // So the read is put off: to our next write, the next receive, or until the loop is idle.
  if (put_off) {
    loop_.remind();
  } else {
    start_read();
  }
}

void Peer::on_written(bool ok) {
  const Lock lock(loop_.mutex());
  writing_ = false;
  if (!ok) {
    broken_ = true;
    stream_over_.notify_all();
  }
  loop_.changed(this);
}

/// A whole frame of data is left in `frame`.
Peer::Taken Peer::take(v1::Frame& frame) {
  switch (frame.body_case()) {
    case v1::Frame::kHeartbeat:
      if (std::exchange(peer_progress_, frame.heartbeat().progress()) != frame.heartbeat().progress()) progress_.touch();
      return Taken::kControl;
    case v1::Frame::kGoodbye:
      return take_goodbye(frame.goodbye());
    case v1::Frame::kFragment: {
      auto whole = assembler_.add(frame.fragment());
      if (!whole.ok()) return refuse(whole.error().message());
      if (!whole->has_value()) return Taken::kPiece;
      frame = *std::move(*whole);
      return take_data(frame);
    }
    case v1::Frame::kHello:
    case v1::Frame::kRefusal:
      return refuse("a handshake in the middle of the conversation");
    case v1::Frame::BODY_NOT_SET:
      return refuse("an empty or unknown message");
    default:
      if (!assembler_.is_idle()) return refuse("a message between the pieces of another");
      return take_data(frame);
  }
}

Peer::Taken Peer::take_data(const v1::Frame& frame) {
  if (allows(pair_.from_it, frame)) return Taken::kData;
  return refuse("a " + std::string(body_name(frame)) + ", which it may not send here in this task");
}

Peer::Taken Peer::refuse(const std::string& what) {
  const auto error = Error(ErrorCode::kProtocol, pair_.label + " broke the protocol: " + what).blaming(pair_.id);
  const Lock lock(loop_.mutex());
  fail_waits(error);
  farewell_ = Farewell{error};
  return Taken::kEnd;
}

Error Peer::lost(const std::string& how) const {
  return Error(ErrorCode::kPeerLost, pair_.label + " was lost: " + how).blaming(pair_.id);
}

/// False when nothing can be written any more.
bool Peer::write(Lock& lock, const v1::Frame& frame) {
  (void)loop_.wait(lock, this, [this] { return !writing_ || !is_writable() || mailbox_.is_over(); });
  if (writing_ || !is_writable() || mailbox_.is_over()) return false;
  start(lock, frame);
  start_read();
  return true;
}

void Peer::start(Lock& lock, const v1::Frame& frame, bool last) {
  writing_ = true;
  writing_since_ = last_sent_ = Clock::now();
  auto& stream = *stream_;  // stays while a write is under way
  lock.unlock();
  if (last) {
    stream.write_last(frame, write_event_);
  } else {
    stream.write(frame, write_event_);
  }
  lock.lock();
}

void Peer::start_read() {
  if (stream_ == nullptr || reading_ || reads_end_ || !mailbox_.has_room()) return;
  reading_ = true;
  hears_ = true;
  stream_->read(incoming_, read_event_);
}

void Peer::listen() {
  const Lock lock(loop_.mutex());
  start_read();
}

Error Peer::failure_or_lost(Lock& lock) {
  (void)loop_.wait(lock, this, [this] { return mailbox_.is_over(); }, Clock::now() + kReasonGrace);  // looked at next
  if (auto failure = mailbox_.failure()) return *failure;
  return lost("connection closed");
}

void Peer::fail_waits(const Error& error) {
  mailbox_.fail(error);
  loop_.changed(this);
}

void Peer::fail(const Error& error) {
  const Lock lock(loop_.mutex());
  fail_waits(error);
  if (stream_ != nullptr) stream_->cancel();
}

void Peer::cancel(const Error& reason) {
  const Lock lock(loop_.mutex());
  fail_waits(reason);
  cancelled_at_ = Clock::now();
  start_read();
}

void Peer::watch(Clock::time_point now, Clock::duration tick) {
  Lock lock(loop_.mutex());
  if (!mailbox_.is_open()) return;
  if (mailbox_.is_over()) {
    // Waits have ended already; what is left is a write that hangs.
    if (writing_ && cancelled_at_ && now - *cancelled_at_ > kWriteGrace && stream_ != nullptr) stream_->cancel();
    return;
  }
  const auto give_up = [&](const Error& error) {
    fail_waits(error);
    if (stream_ != nullptr) stream_->cancel();
  };
  // While our mailbox is full, or a large message is decoded, the reader rests, and the peer's heartbeats wait behind its
  // data: that silence is ours.
  if (!hears_) {
    last_seen_ = ticks(now);
  } else if (now - time_of(last_seen_) > times_.lost) {
    return give_up(lost("silent for " + seconds_of(times_.lost)));
  }
  const auto stalled = [&](Clock::time_point since) { return now - std::max(since, progress_.last()) > times_.stall; };
  if (const auto& waiting = mailbox_.waiting; waiting && stalled(waiting->since)) {
    return give_up(Error(ErrorCode::kTimeout, pair_.label + " sent no " + waiting->message_type +
                                               ", and nobody made progress for " + seconds_of(times_.stall))
                    .blaming(pair_.id));
  }
  if (writing_ && stalled(writing_since_)) {
    return give_up(Error(ErrorCode::kTimeout,
                      pair_.label + " takes no messages, and nobody made progress for " + seconds_of(times_.stall))
                    .blaming(pair_.id));
  }
  if (is_idle() && is_writable() && now + tick >= last_sent_ + times_.heartbeat) {
    v1::Frame frame;
    frame.mutable_heartbeat()->set_progress(progress_.steps());
    count(frame);
    start(lock, frame);
  }
}

void Peer::count(const v1::Frame& frame) { traffic_.add(pair_.id, frame.body_case(), frame.ByteSizeLong()); }

bool Peer::is_connected() const {
  const Lock lock(loop_.mutex());
  return mailbox_.is_open();
}

void Peer::note_trouble(const std::string& what) {
  const Lock lock(loop_.mutex());
  trouble_ = what;
}

std::string Peer::trouble() const {
  const Lock lock(loop_.mutex());
  return trouble_;
}

std::optional<Error> Peer::failure() const {
  const Lock lock(loop_.mutex());
  return mailbox_.failure();
}

std::optional<Mailbox::Waiting> Peer::waiting() const {
  const Lock lock(loop_.mutex());
  return mailbox_.waiting;
}

WaitTotals Peer::waited() const {
  const Lock lock(loop_.mutex());
  return {.peer = pair_.id,
          .messages = received_,
          .seconds = std::chrono::duration<double>(waited_).count(),
          .bytes = received_bytes_,
          .rounds = rounds_};
}

void Peer::forgive_silence(Clock::time_point now) { last_seen_ = ticks(now); }

}  // namespace pai::client
