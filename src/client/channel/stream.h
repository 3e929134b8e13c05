#pragma once

#include "client/channel/event_loop.h"
#include "pai/v1/channel.pb.h"

namespace pai::client {

/// One open stream to a peer, from whichever side it was opened. Each call but `cancel` starts an operation
/// whose end the loop tells its event, with false when the stream is over. One read and one write or
/// half-close at a time.
class Stream {
 public:
  virtual ~Stream() = default;
  /// The next frame; `frame` is used until the event.
  virtual void read(v1::Frame& frame, EventLoop::Event& event) = 0;
  /// Hands a frame to the transport; ends when it was taken, late when the peer is slow.
  virtual void write(const v1::Frame& frame, EventLoop::Event& event) = 0;
  /// The same, and nothing more will be written.
  virtual void write_last(const v1::Frame& frame, EventLoop::Event& event) = 0;
  /// Ends operations at once, from any thread.
  virtual void cancel() = 0;
};

/// One operation that its thread waits for: for handshakes and ends.
class Awaited final : public EventLoop::Event {
 public:
  explicit Awaited(EventLoop& loop) : loop_(loop) {}

  void done(bool ok) override {
    const std::lock_guard lock(loop_.mutex());
    ok_ = ok;
    done_ = true;
    loop_.changed(this);
  }
  bool wait() {
    std::unique_lock lock(loop_.mutex());
    (void)loop_.wait(lock, this, [this] { return done_; });  // without a deadline
    return ok_;
  }

 private:
  EventLoop& loop_;
  bool done_ = false;
  bool ok_ = false;
};

inline bool read_now(EventLoop& loop, Stream& stream, v1::Frame& frame) {
  Awaited read(loop);
  stream.read(frame, read);
  return read.wait();
}

inline bool write_now(EventLoop& loop, Stream& stream, const v1::Frame& frame) {
  Awaited written(loop);
  stream.write(frame, written);
  return written.wait();
}

}  // namespace pai::client
