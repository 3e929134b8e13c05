#pragma once

#include <optional>
#include <string>

#include "common/task/reports.h"
#include "common/task/states.h"
#include "node/process/launcher.h"

namespace pai::node {

/// What is known when a client's process has ended.
struct Evidence {
  task::ClientState state = task::ClientState::kRunning;  ///< Starting, Running or Stopping
  std::optional<task::ClientReport> report = {};          ///< of this run only
  process::Outcome outcome = process::Vanished{};
  bool ended_unwatched = false;      ///< it ended while no daemon was there to see it
  std::string last_error_line = {};  ///< of its log; empty: none, or not to be shared
  std::string stop_reason = {};      ///< what /stopTask said
  std::string over_limit = {};       ///< the sentence of a limit that ended it; empty: none did
};

/// How the run ended. `event` is allowed in `Evidence::state`.
struct Judgement {
  task::ClientEvent event;
  std::string reason;  ///< empty when Finished
  std::optional<int> blames;
  std::optional<int> exit_code;
  std::optional<int> signal;
  std::optional<task::DatasetSummary> dataset;
};

/// The client's own final report counts first; without one, how its process ended. Pure.
Judgement judge(const Evidence& evidence);

}  // namespace pai::node
