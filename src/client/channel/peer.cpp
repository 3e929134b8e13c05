#include "client/channel/peer.h"

#include <algorithm>
#include <thread>
#include <utility>

#include <google/protobuf/descriptor.h>

#include "common/base/text.h"

namespace pai::client {

namespace {

using Clock = Peer::Clock;
using namespace std::chrono_literals;

/// The transport says that a stream broke a moment before its reader knows why.
constexpr auto kReasonGrace = 1s;
/// What a write that is under way may still take after a stop request or at the end.
constexpr auto kWriteGrace = 500ms;
constexpr std::size_t kMessageBytesMax = 500;

Clock::rep ticks(Clock::time_point time) { return time.time_since_epoch().count(); }
Clock::time_point time_of(Clock::rep ticks) { return Clock::time_point(Clock::duration(ticks)); }

/// Deadlines of waits are kept by `watch`, which fails the inbox; this bound only matters if that thread is gone.
Clock::time_point until_failed(Clock::time_point) { return Clock::now() + 1h; }

std::string seconds_of(Clock::duration duration) {
  auto text = std::to_string(std::chrono::duration<double>(duration).count());
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text + " s";
}

}  // namespace

Peer::Peer(int id, std::string label, int clients, const PeerTimes& times, std::size_t inbox_bytes_max,
           ProgressClock& progress, TrafficCounter& traffic)
    : id_(id), label_(std::move(label)), clients_(clients), times_(times), progress_(progress), traffic_(traffic),
      inbox_(inbox_bytes_max) {}

Status Peer::send(v1::Frame frame) {
  if (auto opened = inbox_.wait_open(until_failed); !opened || !opened->ok()) return failure_or_lost();
  const auto body = frame.body_case();
  PAI_ASSIGN(const auto outgoing, Outgoing::prepare(std::move(frame)));
  const std::lock_guard lock(write_mutex_);
  if (auto failure = inbox_.failure()) return *failure;
  if (stream_ == nullptr) return failure_or_lost();
  sending_since_ = ticks(Clock::now());
  const bool written = outgoing.write([this](const v1::Frame& piece) { return stream_->write(piece); });
  sending_since_ = 0;
  if (!written) return failure_or_lost();
  last_sent_ = ticks(Clock::now());
  progress_.touch();
  traffic_.add(id_, body, outgoing.bytes());
  return {};
}

Result<v1::Frame> Peer::receive(const google::protobuf::Descriptor& expected) {
  auto frame = inbox_.pop(expected.name(), until_failed);
  if (!frame) return failure_or_lost();
  return *std::move(frame);
}

void Peer::run(Stream& stream) {
  attach(stream);
  std::thread heart([this] { beat(); });
  bool over = false;
  v1::Frame frame;
  while (!over) {
    last_seen_ = ticks(Clock::now());
    reading_ = true;
    const bool got = stream.read(frame);
    reading_ = false;
    over = !got || !take(std::move(frame));
    frame.Clear();
  }
  if (!goodbye_received_ && !goodbye_sent_) inbox_.fail(lost("connection closed"));
  {
    const std::lock_guard lock(beat_mutex_);
    beating_ = false;
  }
  beat_stop_.notify_all();
  detach(stream);
  heart.join();
}

void Peer::attach(Stream& stream) {
  const auto now = ticks(Clock::now());
  last_seen_ = now;
  last_sent_ = now;
  {
    const std::lock_guard lock(beat_mutex_);
    beating_ = true;
  }
  {
    const std::lock_guard lock(cut_mutex_);
    cuttable_ = &stream;
  }
  progress_.touch();
  const std::lock_guard lock(write_mutex_);
  stream_ = &stream;
  inbox_.open();
  if (farewell_) write_goodbye(*farewell_);
}

/// Takes the stream from the writers. One that hangs in it is cut off: the stream's other end reads no more.
void Peer::detach(Stream& stream) {
  std::unique_lock lock(write_mutex_, kWriteGrace);
  if (!lock.owns_lock()) {
    stream.cancel();
    lock.lock();
  }
  stream_ = nullptr;
  const std::lock_guard cut_lock(cut_mutex_);
  cuttable_ = nullptr;
  over_.notify_all();
}

bool Peer::wait_over(Clock::time_point deadline) {
  std::unique_lock lock(cut_mutex_);
  return over_.wait_until(lock, deadline, [this] { return cuttable_ == nullptr; });
}

/// False when the conversation is over.
bool Peer::take(v1::Frame frame) {
  switch (frame.body_case()) {
    case v1::Frame::kHeartbeat:
      if (std::exchange(peer_progress_, frame.heartbeat().progress()) != frame.heartbeat().progress()) progress_.touch();
      return true;
    case v1::Frame::kGoodbye:
      return take_goodbye(frame.goodbye());
    case v1::Frame::kFragment: {
      auto whole = assembler_.add(frame.fragment());
      if (!whole.ok()) return refuse(whole.error().message());
      if (!whole->has_value()) return true;
      frame = *std::move(*whole);
      break;
    }
    case v1::Frame::kHello:
    case v1::Frame::kRefusal:
      return refuse("a handshake in the middle of the conversation");
    case v1::Frame::BODY_NOT_SET:
      return refuse("an empty or unknown message");
    default:
      if (!assembler_.is_idle()) return refuse("a message between the pieces of another");
  }
  progress_.touch();
  const auto bytes = frame.ByteSizeLong();
  (void)inbox_.push(std::move(frame), bytes, until_failed);  // unwanted frames are dropped: the end may still come
  return true;
}

bool Peer::take_goodbye(const v1::Goodbye& goodbye) {
  goodbye_received_ = true;
  if (goodbye.ok()) {
    inbox_.end(Error(ErrorCode::kPeerLost, label_ + " has ended; no more can be exchanged with it").blaming(id_));
    return false;
  }
  const bool names_culprit = goodbye.has_blames() && goodbye.blames() < static_cast<std::uint32_t>(clients_);
  inbox_.fail(Error(ErrorCode::kPeerLost, label_ + " failed: " + printable(goodbye.message(), kMessageBytesMax))
                  .blaming(names_culprit ? static_cast<int>(goodbye.blames()) : id_));
  return false;
}

bool Peer::refuse(const std::string& what) {
  const auto error = Error(ErrorCode::kProtocol, label_ + " broke the protocol: " + what).blaming(id_);
  inbox_.fail(error);
  const std::unique_lock lock(write_mutex_, kWriteGrace);
  if (lock.owns_lock()) write_goodbye(error);  // it should learn why; if it can't, it sees the stream end
  return false;
}

Error Peer::lost(const std::string& how) const {
  return Error(ErrorCode::kPeerLost, label_ + " was lost: " + how).blaming(id_);
}

Error Peer::failure_or_lost() {
  const auto deadline = Clock::now() + kReasonGrace;
  (void)inbox_.wait_failure([deadline](Clock::time_point) { return deadline; });  // looked at below
  if (auto failure = inbox_.failure()) return *failure;
  return lost("connection closed");
}

void Peer::fail(const Error& error) {
  inbox_.fail(error);
  cut();
}

void Peer::cancel(const Error& reason) {
  inbox_.fail(reason);
  cancelled_at_ = ticks(Clock::now());
}

void Peer::cut() {
  const std::lock_guard lock(cut_mutex_);
  if (cuttable_ != nullptr) cuttable_->cancel();
}

void Peer::say_goodbye(const Status& outcome) {
  inbox_.discard();
  const std::unique_lock lock(write_mutex_, kWriteGrace);
  if (!lock.owns_lock()) return cut();
  if (inbox_.is_open()) {
    write_goodbye(outcome);
  } else {
    farewell_ = outcome;
  }
}

/// With write_mutex_ held.
void Peer::write_goodbye(const Status& outcome) {
  if (stream_ == nullptr) return;
  v1::Frame frame;
  auto& goodbye = *frame.mutable_goodbye();
  goodbye.set_ok(outcome.ok());
  if (!outcome.ok()) {
    goodbye.set_message(printable(outcome.error().message(), kMessageBytesMax));
    if (outcome.error().blames() >= 0) goodbye.set_blames(static_cast<std::uint32_t>(outcome.error().blames()));
  }
  goodbye_sent_ = true;
  if (stream_->write(frame)) stream_->half_close();
  stream_ = nullptr;
}

/// Heartbeats have a thread per peer: a write to one that does not read now must hold up no other.
void Peer::beat() {
  std::unique_lock lock(beat_mutex_);
  while (beating_) {
    const auto due = time_of(last_sent_) + times_.heartbeat;
    if (Clock::now() < due) {
      beat_stop_.wait_until(lock, due);
      continue;
    }
    lock.unlock();
    {
      // A held mutex means that a frame is on its way; it serves as well.
      const std::unique_lock writing(write_mutex_, std::try_to_lock);
      if (writing.owns_lock() && stream_ != nullptr) {
        v1::Frame frame;
        frame.mutable_heartbeat()->set_progress(progress_.steps());
        sending_since_ = ticks(Clock::now());
        (void)stream_->write(frame);  // the reader learns of a broken stream, too
        sending_since_ = 0;
      }
    }
    last_sent_ = ticks(Clock::now());
    lock.lock();
  }
}

void Peer::watch(Clock::time_point now) {
  if (!inbox_.is_open()) return;
  const auto sending_since = sending_since_.load();
  if (inbox_.failure()) {
    // Waits have ended already; what is left is a write that hangs.
    const auto cancelled_at = cancelled_at_.load();
    if (sending_since != 0 && cancelled_at != 0 && now - time_of(cancelled_at) > kWriteGrace) cut();
    return;
  }
  // While our inbox is full, or a large message is decoded, the reader rests, and the peer's heartbeats wait behind its
  // data: that silence is ours.
  if (!reading_) {
    last_seen_ = ticks(now);
  } else if (now - time_of(last_seen_) > times_.lost) {
    return fail(lost("silent for " + seconds_of(times_.lost)));
  }
  const auto stalled = [&](Clock::time_point since) { return now - std::max(since, progress_.last()) > times_.stall; };
  if (const auto waiting = inbox_.waiting(); waiting && stalled(waiting->since)) {
    fail(Error(ErrorCode::kTimeout, label_ + " sent no " + waiting->message_type + ", and nobody made progress for " +
                                        seconds_of(times_.stall))
             .blaming(id_));
  } else if (sending_since != 0 && stalled(time_of(sending_since))) {
    fail(Error(ErrorCode::kTimeout,
               label_ + " takes no messages, and nobody made progress for " + seconds_of(times_.stall))
             .blaming(id_));
  }
}

void Peer::note_trouble(const std::string& what) {
  const std::lock_guard lock(trouble_mutex_);
  trouble_ = what;
}

std::string Peer::trouble() const {
  const std::lock_guard lock(trouble_mutex_);
  return trouble_;
}

void Peer::forgive_silence(Clock::time_point now) { last_seen_ = ticks(now); }

}  // namespace pai::client
