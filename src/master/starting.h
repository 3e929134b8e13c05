#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "master/lifecycle.h"

namespace pai::master {

/// /startTask: starts every client, or none. Ok again while it runs. kNotFound; kConflict (it has ended, or a node's port
/// is taken: nothing was started and the task stays Created); kNodeFailed, kTimeout (during the check: stays Created;
/// during the launch: the task is Failed and what was started is stopped).
Result<nlohmann::json> start_task(Lifecycle& lifecycle, const std::string& name);

/// After a restart in the middle of a start: the same calls with the same run id again. `operation` is the task's.
void finish_start(Lifecycle& lifecycle, const TaskPtr& task, std::shared_ptr<Operation> operation);

}  // namespace pai::master
