#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "master/lifecycle.h"

namespace pai::master {

/// POST /createTask: validate, record, prepare on every node, commit: all or nothing. The answer's document, or
/// kInvalid, kTooLarge (the body), kDenied (a node this master may not use), kConflict (another task of this name, or a
/// node's), kNodeFailed, kTimeout, kUnavailable (decided, and not known to be completed: this body may be sent again). Any other error leaves after every reachable node confirmed the rollback.
/// `created_by` is the user's name, remembered with a new task.
Result<nlohmann::json> create_task(Lifecycle& lifecycle, const std::string& body, const std::string& created_by = {});

/// POST /checkTask: the same checks here and at every node; keeps nothing.
Result<nlohmann::json> check_task(Lifecycle& lifecycle, const std::string& body);

/// After a restart: brings a creation that was decided to its end, Created or Failed, and gives the task's operation back
/// then. Blocks for one round of calls; what is left to do is done by timers of `lifecycle.calls()`.
void finish_creation(Lifecycle& lifecycle, const TaskPtr& task, std::shared_ptr<Operation> operation);
/// After a restart: takes back a creation that was not decided. Nodes are told in the background.
Status abandon_creation(Lifecycle& lifecycle, const TaskPtr& task);

}  // namespace pai::master
