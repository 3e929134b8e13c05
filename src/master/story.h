#pragma once

#include "common/task/reports.h"
#include "common/task/states.h"
#include "master/live_task.h"

namespace pai::master {

/// The lines that an operator reads as the task's story. Each is written after its event was stored. Mutex held.
void tell_transition(const LiveTask& task, task::TaskEvent event);
void tell_client(const LiveTask& task, const task::ClientStatus& status);

}  // namespace pai::master
