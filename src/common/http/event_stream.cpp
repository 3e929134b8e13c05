#include "common/http/event_stream.h"

#include <utility>

namespace pai::http {

std::string event_text(std::string_view event, std::string_view data, std::string_view id) {
  std::string text;
  text.reserve(event.size() + data.size() + id.size() + 24);
  text.append("event: ").append(event).append("\n");
  if (!id.empty()) text.append("id: ").append(id).append("\n");
  for (std::size_t at = 0; at <= data.size();) {
    const std::size_t end = std::min(data.find('\n', at), data.size());
    text.append("data: ").append(data.substr(at, end - at)).append("\n");
    at = end + 1;
  }
  text += '\n';
  return text;
}

void QueuedEventStream::push(std::string_view event, std::string_view data, std::string_view id) {
  const std::string text = event_text(event, data, id);
  const std::lock_guard lock(mutex_);
  if (closed_ || finished_ || cut_off_) return;
  if (events_waiting_ >= events_max_) {
    cut_off_ = true;
    waiting_.clear();
    waiting_.shrink_to_fit();
  } else {
    waiting_ += text;
    ++events_waiting_;
  }
  // `wake` only posts: under the lock, so that it cannot run after close().
  if (wake_) wake_();
}

void QueuedEventStream::finish() {
  const std::lock_guard lock(mutex_);
  if (closed_ || finished_) return;
  finished_ = true;
  if (wake_) wake_();
}

bool QueuedEventStream::closed() const {
  const std::lock_guard lock(mutex_);
  return closed_ || cut_off_;
}

void QueuedEventStream::on_closed(std::function<void()> callback) {
  {
    const std::lock_guard lock(mutex_);
    if (!closed_) {
      on_closed_ = std::move(callback);
      return;
    }
  }
  callback();
}

void QueuedEventStream::attach(std::function<void()> wake) {
  const std::lock_guard lock(mutex_);
  wake_ = std::move(wake);
}

QueuedEventStream::Batch QueuedEventStream::take() {
  const std::lock_guard lock(mutex_);
  events_waiting_ = 0;
  return {std::exchange(waiting_, {}), finished_, cut_off_};
}

void QueuedEventStream::close() {
  std::function<void()> callback;
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    waiting_.clear();
    wake_ = nullptr;
    callback = std::exchange(on_closed_, nullptr);
  }
  // Outside the lock: the callback may take the producer's own lock, under which it pushes.
  if (callback) callback();
}

std::shared_ptr<EventStream> make_event_stream(std::size_t events_max) {
  return std::make_shared<QueuedEventStream>(events_max);
}

}  // namespace pai::http
