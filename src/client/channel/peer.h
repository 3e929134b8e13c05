#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>

#include "client/channel/inbox.h"
#include "client/channel/progress.h"
#include "client/channel/stream.h"
#include "client/channel/timed_lock.h"
#include "client/channel/traffic.h"
#include "client/channel/wire.h"
#include "common/base/result.h"

namespace pai::client {

/// How long a peer's silence and idleness are borne.
struct PeerTimes {
  std::chrono::steady_clock::duration heartbeat;  ///< a frame goes out at least this often
  std::chrono::steady_clock::duration lost;       ///< without any frame
  std::chrono::steady_clock::duration stall;      ///< a wait, counted from the last progress of anybody
};

/// One other client of the task, from before it is connected until the end. Takes its frames in, sends ours, keeps the
/// connection alive, and knows how it ended. The first failure stays and is what every later call returns.
class Peer {
 public:
  using Clock = std::chrono::steady_clock;

  /// `label` is how errors name it. `clients` is the number of clients in the task. The references outlive the peer.
  Peer(int id, std::string label, int clients, const PeerTimes& times, std::size_t inbox_bytes_max,
       ProgressClock& progress, TrafficCounter& traffic);

  int id() const { return id_; }
  const std::string& label() const { return label_; }

  /// Waits for the connection, then hands the frame over. One failure for all callers.
  Status send(v1::Frame frame);
  Result<v1::Frame> receive(const google::protobuf::Descriptor& expected);

  /// True for the first caller only: one stream per pair, ever.
  bool claim() { return !claimed_.exchange(true); }
  /// Serves a stream after its handshake, in the caller's thread, until the conversation is over on both sides or broken.
  void run(Stream& stream);

  /// Ends every wait with this. A write that hangs in the transport is given a moment, then `watch` cuts the stream.
  void cancel(const Error& reason);
  /// Says goodbye, and drops what still comes. A peer whose handshake is under way is told after it. Bounded by about
  /// half a second.
  void say_goodbye(const Status& outcome);
  /// Drops what still comes: a reader that waits for room goes on.
  void discard() { inbox_.discard(); }
  /// Waits until no stream is being served; false at the deadline.
  bool wait_over(Clock::time_point deadline);
  /// Cuts the stream, whatever it does.
  void cut();

  /// Checks all clocks: silence, stalled waits. Called every now and then by one thread.
  void watch(Clock::time_point now);
  /// Takes back what silence was counted (this process itself slept).
  void forgive_silence(Clock::time_point now);

  bool is_connected() const { return inbox_.is_open(); }
  /// Why the latest attempt to connect failed: part of the reason when none succeeds.
  void note_trouble(const std::string& what);
  std::string trouble() const;
  std::optional<Error> failure() const { return inbox_.failure(); }
  void fail(const Error& error);
  std::optional<Inbox::Waiting> waiting() const { return inbox_.waiting(); }

 private:
  bool take(v1::Frame frame);
  bool take_goodbye(const v1::Goodbye& goodbye);
  bool refuse(const std::string& what);
  void write_goodbye(const Status& outcome);
  Error lost(const std::string& how) const;
  Error failure_or_lost();
  void beat();
  void attach(Stream& stream);
  void detach(Stream& stream);

  const int id_;
  const std::string label_;
  const int clients_;
  const PeerTimes times_;
  ProgressClock& progress_;
  TrafficCounter& traffic_;
  Inbox inbox_;
  Assembler assembler_;  // reader's
  std::uint64_t peer_progress_ = 0;  // reader's

  TimedLock write_mutex_;  // held during writes, and to change stream_
  Stream* stream_ = nullptr;
  std::optional<Status> farewell_;  // for a stream that is not there yet; guarded likewise
  std::mutex cut_mutex_;  // so that a stream can be cut while a write hangs in it
  std::condition_variable over_;
  Stream* cuttable_ = nullptr;  // while a stream is served

  mutable std::mutex trouble_mutex_;
  std::string trouble_;

  std::mutex beat_mutex_;
  std::condition_variable beat_stop_;
  bool beating_ = false;

  std::atomic<bool> claimed_{false};
  std::atomic<bool> goodbye_sent_{false};
  std::atomic<bool> goodbye_received_{false};
  std::atomic<bool> reading_{false};  // waiting in the stream; else silence is our own doing
  std::atomic<Clock::rep> last_seen_{0};
  std::atomic<Clock::rep> last_sent_{0};
  std::atomic<Clock::rep> sending_since_{0};  // 0: no write in progress
  std::atomic<Clock::rep> cancelled_at_{0};   // 0: not cancelled
};

}  // namespace pai::client
