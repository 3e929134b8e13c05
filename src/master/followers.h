#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "common/http/client.h"
#include "common/task/reports.h"
#include "master/executor.h"
#include "master/node_link.h"

namespace pai::master {

struct FollowerTimes {
  std::chrono::milliseconds backoff_min{100};
  std::chrono::milliseconds backoff_max{2'000};
  std::chrono::milliseconds silence{5'000};        ///< after it the node is asked whether it lives
  std::chrono::milliseconds probe_timeout{3'000};
  std::chrono::milliseconds quick_probe_timeout{700};  ///< of a node that somebody has a reason to doubt
  std::chrono::milliseconds linger{5'000};         ///< a stream that nobody needs is kept that long
};

/// Keeps one event stream to each node that has tasks under way, and connects it again when it breaks. A thread of its
/// own calls back, in the order of the events; callbacks are quick.
class Followers {
 public:
  struct Callbacks {
    std::function<void(const http::Endpoint&, const task::ClientStatus&)> on_status;
    /// Everything that the node has, each time the stream begins.
    std::function<void(const http::Endpoint&, const std::vector<task::ClientStatus>&)> on_snapshot;
    /// The node became reachable, or stopped being so.
    std::function<void(const http::Endpoint&)> on_reachability;
  };

  /// `link` and `prober` (where the probes of silent nodes run) outlive it.
  Followers(NodeLink& link, Executor& prober, FollowerTimes times, Callbacks callbacks);
  ~Followers();
  Followers(const Followers&) = delete;
  Followers& operator=(const Followers&) = delete;

  /// Counted: follows the node until `release` was called as often.
  void want(const http::Endpoint& node);
  void release(const http::Endpoint& node);

  /// Since when a followed node cannot be reached (seconds of the steady clock); nothing while it can.
  std::optional<double> unreachable_since(const http::Endpoint& node) const;

  /// Asks a followed node at once whether it lives; one that says nothing counts as unreachable.
  void doubt(const http::Endpoint& node);

  /// Whether each followed node is reachable, for metrics.
  std::map<std::string, bool> reachable() const;

  void stop();

 private:
  using Clock = std::chrono::steady_clock;
  struct Node {
    int wanted = 0;
    Clock::time_point unwanted_at;
    std::unique_ptr<http::Subscription> stream;
    std::uint64_t generation = 0;  ///< of the stream; events of an older one are dropped
    bool up = false;
    bool probing = false;
    bool doubted = false;
    Clock::time_point retry_at;
    Clock::time_point heard_at;
    std::chrono::milliseconds backoff{0};
    std::optional<double> unreachable_since;
  };
  struct Event {
    http::Endpoint node;
    std::uint64_t generation;
    bool end;
    std::string name;
    std::string data;
  };

  void run();
  void handle(const Event& event);
  void connect_due(std::unique_lock<std::mutex>& lock);
  void drop_unwanted(std::unique_lock<std::mutex>& lock);
  void probe_silent();
  Clock::time_point next_due() const;
  void push(Event event);

  NodeLink& link_;
  Executor& prober_;
  const FollowerTimes times_;
  const Callbacks callbacks_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<http::Endpoint, Node> nodes_;
  std::deque<Event> events_;
  std::uint64_t generations_ = 0;
  bool stopping_ = false;
  std::thread thread_;
};

/// Seconds of the steady clock, which `unreachable_since` and derive's times are in.
double steady_seconds();

}  // namespace pai::master
