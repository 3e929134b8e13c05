#pragma once

#include <chrono>
#include <vector>

#include "master/lifecycle.h"

namespace pai::master {

/// The calls of one step of a creation (`prepare`, `commit`, `forget`), one per client. Only the task's operation changes
/// its record meanwhile.
class Steps {
 public:
  Steps(Lifecycle& lifecycle, TaskPtr task) : lifecycle_(lifecycle), task_(std::move(task)) {}

  std::vector<NodeReply> all(const char* step) const { return some(step, everyone()); }
  std::vector<NodeReply> some(const char* step, const std::vector<int>& clients) const;
  std::vector<int> everyone() const;

 private:
  Lifecycle& lifecycle_;
  TaskPtr task_;
};

/// Commits everywhere, round by round: a node that is away is tried again until the window ends; one whose preparation
/// expired prepares again.
class Commits {
 public:
  enum class Outcome { kDone, kFailed, kAgain };

  Commits(const Lifecycle& lifecycle, Steps steps, std::chrono::milliseconds window);

  /// kAgain: another round is worth while after `pause`.
  Outcome round();
  std::chrono::milliseconds pause() const { return pause_; }
  /// Each client's latest reply.
  const std::vector<NodeReply>& replies() const { return last_; }
  /// A node said no: it is not only away.
  bool refused() const { return refused_; }

 private:
  std::vector<int> prepare_again(const std::vector<int>& expired);

  const Lifecycle& lifecycle_;
  const Steps steps_;
  const std::chrono::steady_clock::time_point deadline_;
  std::vector<int> pending_;
  std::vector<NodeReply> last_;
  bool refused_ = false;
  std::chrono::milliseconds pause_{50};
};

}  // namespace pai::master
