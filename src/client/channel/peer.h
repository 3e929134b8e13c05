#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>

#include "client/channel/channel.h"
#include "client/channel/event_loop.h"
#include "client/channel/mailbox.h"
#include "client/channel/progress.h"
#include "client/channel/stream.h"
#include "client/channel/traffic.h"
#include "client/channel/wire.h"
#include "common/disclosure/passages.h"
#include "common/task/hash_chain.h"
#include "common/base/result.h"

namespace pai::client {

/// How long a peer's silence and idleness are borne.
struct PeerTimes {
  std::chrono::steady_clock::duration heartbeat;  ///< a frame goes out at least this often
  std::chrono::steady_clock::duration lost;       ///< without any frame
  std::chrono::steady_clock::duration stall;      ///< a wait, counted from the last progress of anybody
};

/// What the last frame says.
struct Farewell {
  Status outcome;
  task::HashChain::Head ledger = {};
};

/// Whose conversation it is, and what may be said in it.
struct Pair {
  int id = 0;         ///< the peer's
  std::string label;  ///< how errors name it
  int clients = 0;    ///< in the task
  disclosure::Bodies to_it;
  disclosure::Bodies from_it;
};

/// One other client of the task, from before it is connected until the end. Takes its frames in, sends ours, keeps the
/// connection alive, and knows how it ended. The first failure stays and is what every later call returns.
class Peer {
 public:
  using Clock = std::chrono::steady_clock;

  /// The references outlive the peer.
  Peer(Pair pair, const PeerTimes& times, std::size_t mailbox_bytes_max, ProgressClock& progress, TrafficCounter& traffic,
       EventLoop& loop);

  int id() const { return pair_.id; }
  const std::string& label() const { return pair_.label; }

  /// Waits for the connection, and for the frame before this one to be taken by the transport. One failure for all
  /// callers. kInternal for a message that does not declare that it goes to this peer: not a byte of it leaves.
  Status send(v1::Frame frame);
  Result<v1::Frame> receive(const google::protobuf::Descriptor& expected);

  /// True for the first caller only: one stream per pair, ever.
  bool claim() { return !claimed_.exchange(true); }
  /// Serves a stream after its handshake; the caller's thread sleeps until the conversation is over on both sides or
  /// broken. No operation of the stream is under way then.
  void serve(Stream& stream);

  /// Ends every wait with this. A write that hangs in the transport is given a moment, then `watch` cuts the stream.
  void cancel(const Error& reason);
  /// Says goodbye, and drops what still comes. A peer whose handshake is under way is told after it. After a success it
  /// waits for what was sent before to be taken, as `send` would; else half a second.
  void say_goodbye(const Farewell& farewell);
  /// Drops what still comes.
  void discard();
  /// Waits until no stream is being served; false at the deadline.
  bool wait_over(Clock::time_point deadline);
  /// Cuts the stream, whatever it does.
  void cut();
  /// Goes on reading if that was put off.
  void listen();

  /// Checks all clocks: silence, stalled waits, and whether a heartbeat is due within `tick`. Called once a tick.
  void watch(Clock::time_point now, Clock::duration tick);
  /// Takes back what silence was counted (this process itself slept).
  void forgive_silence(Clock::time_point now);

  bool is_connected() const;
  /// Counts a frame of the handshake or of the end among what was sent.
  void count(const v1::Frame& frame);
  /// Why the latest attempt to connect failed: part of the reason when none succeeds.
  void note_trouble(const std::string& what);
  std::string trouble() const;
  std::optional<Error> failure() const;
  void fail(const Error& error);
  std::optional<Mailbox::Waiting> waiting() const;
  WaitTotals waited() const;
  /// Where the peer said its ledger stood, once it said goodbye.
  std::optional<task::HashChain::Head> ledger() const;

 private:
  using Lock = std::unique_lock<std::mutex>;
  /// What a write that is under way may still take after a stop request or at the end.
  static constexpr std::chrono::milliseconds kWriteGrace{500};
  struct ReadEvent final : EventLoop::Event {
    explicit ReadEvent(Peer& owner) : peer(owner) {}
    void done(bool ok) override { peer.on_read(ok); }
    Peer& peer;
  };
  struct WriteEvent final : EventLoop::Event {
    explicit WriteEvent(Peer& owner) : peer(owner) {}
    void done(bool ok) override { peer.on_written(ok); }
    Peer& peer;
  };
  /// What a frame was.
  enum class Taken { kData, kPiece, kControl, kEnd };

  void on_read(bool ok);
  void on_written(bool ok);
  Taken take(v1::Frame& frame);
  Taken take_data(const v1::Frame& frame);
  Taken take_goodbye(const v1::Goodbye& goodbye);
  Taken refuse(const std::string& what);
  Error lost(const std::string& how) const;

  // With the lock held, which `write` and `start` drop for the while that gRPC works.
  bool write(Lock& lock, const v1::Frame& frame);
  void start(Lock& lock, const v1::Frame& frame, bool last = false);
  void start_read();
  void write_goodbye(Lock& lock, const Farewell& farewell);
  bool is_writable() const { return stream_ != nullptr && !broken_ && !goodbye_sent_; }
  bool is_idle() const { return !sending_ && !writing_; }
  Error failure_or_lost(Lock& lock);
  void fail_waits(const Error& error);

  const Pair pair_;
  const PeerTimes times_;
  ProgressClock& progress_;
  TrafficCounter& traffic_;
  EventLoop& loop_;
  std::atomic<bool> claimed_{false};

  // A read's until its event was handled; reads follow one another.
  ReadEvent read_event_{*this};
  v1::Frame incoming_;
  Assembler assembler_;
  std::uint64_t peer_progress_ = 0;
  std::atomic<bool> hears_{false};  // waiting in the stream; else silence is our own doing
  std::atomic<Clock::rep> last_seen_{0};

  WriteEvent write_event_{*this};

  // Guarded by the loop's mutex.
  Mailbox mailbox_;
  Stream* stream_ = nullptr;  // while one is served
  std::condition_variable stream_over_;
  bool reading_ = false;  // a read is under way, or its frame is being handled
  bool reads_end_ = false;
  bool sending_ = false;  // a caller has its turn, which may take several writes
  bool writing_ = false;  // a write is under way
  bool broken_ = false;   // a write failed
  bool goodbye_sent_ = false;
  bool goodbye_received_ = false;
  bool waits_for_goodbye_ = false;  // the peer ended in order
  bool cut_ = false;
  std::optional<task::HashChain::Head> ledger_;
  std::optional<Farewell> farewell_;  // for a stream that is not there yet, or whose peer broke the protocol
  Clock::time_point writing_since_;
  Clock::time_point last_sent_;
  std::optional<Clock::time_point> cancelled_at_;
  std::uint64_t received_ = 0;
  std::uint64_t received_bytes_ = 0;
  std::uint64_t rounds_ = 0;
  bool spoke_ = false;  // since the last receive
  Clock::duration waited_{};
  std::string trouble_;
};

}  // namespace pai::client
