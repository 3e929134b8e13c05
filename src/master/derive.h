#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/task/model.h"
#include "common/task/reports.h"
#include "common/task/states.h"

namespace pai::master {

/// What the master knows of one client at one moment. Times are seconds of one clock, whichever.
struct ClientView {
  int id = 0;
  task::Role role = task::Role::kFeatureClient;
  std::string node;  ///< addr:port
  task::ClientStatus status;
  std::optional<double> unreachable_since = std::nullopt;  ///< its node does not answer since then
  /// When the master learned that it failed or stopped.
  std::optional<double> ended_seen_at = std::nullopt;
};

struct DeriveLimits {
  double start_timeout_s = 60;
  double node_lost_timeout_s = 600;
  double blame_wait_s = 2;         ///< for the account of a client that another one blames
  double blame_wait_away_s = 0.5;  ///< likewise, when its node is known to be unreachable
};

struct Cause {
  std::string text;  ///< `client 1 (feature_client at 127.0.0.1:8084): killed by signal 9`
  int client = -1;
};

/// What follows for the task from what is known of its clients.
struct Derived {
  std::optional<task::TaskEvent> event = std::nullopt;
  std::optional<Cause> cause = std::nullopt;  ///< with kFail
  std::optional<double> look_again_at = std::nullopt;  ///< when time alone would change the answer
  std::optional<int> awaited = std::nullopt;  ///< the blamed client whose account is waited for
};

/// `client 1 (feature_client at 127.0.0.1:8084)`
std::string client_label(const ClientView& client);
std::string client_label(const task::ClientSpec& client);

/// What happened to a client that ended without finishing, in its own words, or its node's.
std::string end_of(const task::ClientStatus& status);

/// Pure: the next event of a task in `state` whose starting began at `starting_since`. One event a call; callers apply it
/// and ask again. Nothing follows in states where no client runs, nor while stopping.
Derived derive(task::TaskState state, std::span<const ClientView> clients, double now, double starting_since,
               const DeriveLimits& limits);

}  // namespace pai::master
