#pragma once

#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "master/lifecycle.h"

namespace pai::master {

struct EndOptions {
  bool force = false;     ///< forget what unreachable nodes could not be told
  bool datasets = false;  ///< delete: the data sets too
  /// Delete: only the task that ended then (Unix seconds) and has not been run again or made anew since; kConflict otherwise.
  std::optional<double> only_ended_at = std::nullopt;
};

/// /stopTask: ends the clients; ok when there are none to end. kNotFound; kNodeFailed naming the nodes that could not be
/// told: the task has ended, and they are told as soon as they answer.
Result<nlohmann::json> stop_task(Lifecycle& lifecycle, const std::string& name, EndOptions options);

/// /deleteTask: stops, then removes the task here and at its nodes. kNotFound; kNodeFailed naming the nodes that did
/// not confirm: the task is gone when they have; kConflict when a running task reads a data set that is to go.
Result<nlohmann::json> delete_task(Lifecycle& lifecycle, const std::string& name, EndOptions options);

/// /retryTask: Failed or Stopped → Created; Created: ok. kConflict in other states, and while a node has not confirmed
/// that its client ended, and for `resume` of a task that keeps no checkpoints. What `resume` says is stored: it holds for the
/// next start.
Result<nlohmann::json> retry_task(Lifecycle& lifecycle, const std::string& name, bool resume);

/// Calls the nodes of the task's intents once and drops those that were confirmed; forgets a task in Deleting when none is
/// left. The operation is held by the caller. Gives what the rest answered.
Result<Unconfirmed> carry_out_intents(Lifecycle& lifecycle, const TaskPtr& task);

}  // namespace pai::master
