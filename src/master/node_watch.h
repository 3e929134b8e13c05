#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "master/node_link.h"

namespace pai::master {

/// What a node said of itself when it was asked last.
struct NodeReading {
  bool reachable = false;
  std::optional<double> clock_skew_s;          ///< its clock less ours, to the middle of the call
  std::optional<double> certificate_not_after; ///< Unix seconds
};

/// What /version's answer says, for a call that lasted from `before` to `after` (Unix seconds). Pure.
NodeReading reading_of(const NodeReply& reply, double before, double after);

/// Asks each node every half a minute how it is, from a thread of its own, so that a scrape waits for nobody.
class NodeWatch {
 public:
  static constexpr std::chrono::seconds kInterval{30};

  /// `nodes` gives those to ask, at most 200 are. `link` outlives it.
  NodeWatch(NodeLink& link, std::function<std::vector<http::Endpoint>()> nodes);
  ~NodeWatch();  ///< ends at once when the link's calls are cancelled
  NodeWatch(const NodeWatch&) = delete;
  NodeWatch& operator=(const NodeWatch&) = delete;

  /// By `addr:port`; empty until the first round was done.
  std::map<std::string, NodeReading> readings() const;

 private:
  void run();
  void ask();

  NodeLink& link_;
  const std::function<std::vector<http::Endpoint>()> nodes_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  std::map<std::string, NodeReading> readings_;
  std::thread thread_;
};

}  // namespace pai::master
