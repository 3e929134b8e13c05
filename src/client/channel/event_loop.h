#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace grpc {
class CompletionQueue;
}  // namespace grpc

namespace pai::client {

/// The transport's events, served by whichever thread waits for one of them: a message reaches its receiver
/// without another thread in between, which costs more than all the rest of a small message. One thread
/// serves at a time. Others that wait sleep until what they wait for happened, or until it is their turn to
/// serve. While nobody waits, the keeper serves, so that heartbeats, ends and what comes in advance are
/// taken.
class EventLoop {
 public:
  using Clock = std::chrono::steady_clock;

  /// An operation of the transport, given to it as the tag.
  class Event {
   public:
    /// It ended. Called by the thread that serves, without the mutex; must not wait.
    virtual void done(bool ok) = 0;

    /// What the transport is given. Tells the thread sanitizer, which does not see into the transport, that all before
    /// this call happens before `done`.
    void* tag();

   protected:
    ~Event() = default;
  };

  EventLoop();
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  /// Before the first wait.
  void adopt(std::unique_ptr<grpc::CompletionQueue> queue);
  grpc::CompletionQueue& queue() { return *queue_; }

  /// Guards whatever waits depend on.
  std::mutex& mutex() { return mutex_; }

  /// Waits until `ready()`, asked with the mutex held; false when the deadline came first. `topic` is what
  /// `changed` names.
  template <class Ready>
  bool wait(std::unique_lock<std::mutex>& lock, const void* topic, Ready ready,
            Clock::time_point deadline = Clock::time_point::max()) {
    if (ready()) return true;
    Waiter waiter{topic, std::this_thread::get_id(), {}};
    bool in_time = true;
    while (in_time && !ready()) in_time = step(lock, waiter, deadline);
    leave();
    return in_time || ready();
  }

  /// With the mutex held: what is waited for under this topic may have happened.
  void changed(const void* topic);

  /// The keeper's work: serves when nobody else does, until the time has come, or, with false, until `stop`.
  /// `idle` is called, without the mutex, when another has served for a moment without an end, and after each
  /// `remind`.
  bool keep(Clock::time_point until, const std::function<void()>& idle);
  void stop();
  /// With the mutex held: something was put off that `idle` sees to.
  void remind();
  /// With the mutex held, in an event: whether the keeper serves, and nobody is waiting.
  bool is_kept() const { return serving_ == &keeper_ && waiters_.empty(); }
  /// With the mutex held: data came. While much comes at a time, the keeper takes it in advance, at the cost of handing
  /// it over; single large messages among small ones are no reason.
  void note_data(bool much) { bulk_ = std::exchange(last_was_much_, much) && much; }

  /// Serves what is left. No operation may be started any more, and nobody waits.
  void close();

 private:
  struct Waiter {
    const void* topic;
    std::thread::id thread;
    std::condition_variable woken;
  };
  struct Kick;

  bool step(std::unique_lock<std::mutex>& lock, Waiter& waiter, Clock::time_point deadline);
  bool serve(Clock::time_point deadline);
  void leave();
  void kick();

  std::unique_ptr<grpc::CompletionQueue> queue_;
  std::mutex mutex_;
  std::vector<Waiter*> waiters_;  // those that sleep
  Waiter* serving_ = nullptr;
  Waiter keeper_{};
  std::uint64_t turns_ = 0;       // times that somebody left off serving
  std::uint64_t turns_seen_ = 0;  // keeper's
  bool keeper_looks_soon_ = false;
  bool last_was_much_ = false;
  bool bulk_ = false;
  bool stopped_ = false;
};

}  // namespace pai::client
