#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "common/http/message.h"

namespace pai::http {

/// The queue between a producer (any thread) and the one connection that writes the stream.
class QueuedEventStream final : public EventStream {
 public:
  explicit QueuedEventStream(std::size_t events_max) : events_max_(events_max) {}

  void push(std::string_view event, std::string_view data, std::string_view id = {}) override;
  void finish() override;
  bool closed() const override;
  void on_closed(std::function<void()> callback) override;

  /// What the connection takes to write.
  struct Batch {
    std::string text;       ///< events in wire form; empty when none waits
    bool finished = false;  ///< the producer is done, and `text` is the last
    bool cut_off = false;   ///< the caller read too slowly
  };

  /// `wake` runs on the producer's thread whenever a batch may be ready, until `close`.
  void attach(std::function<void()> wake);
  Batch take();
  /// The connection is gone or the stream written: pushes do nothing from now on, `on_closed` runs here, once.
  void close();

 private:
  const std::size_t events_max_;
  mutable std::mutex mutex_;
  std::string waiting_;
  std::size_t events_waiting_ = 0;
  bool finished_ = false;
  bool cut_off_ = false;
  bool closed_ = false;
  std::function<void()> wake_;
  std::function<void()> on_closed_;
};

/// One event in the text/event-stream format. A line break in `data` becomes a second data line.
std::string event_text(std::string_view event, std::string_view data, std::string_view id = {});

}  // namespace pai::http
