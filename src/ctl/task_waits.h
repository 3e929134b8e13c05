#pragma once

#include "common/base/result.h"
#include "ctl/master_call.h"
#include "ctl/options.h"
#include "ctl/verbs.h"

namespace pai::ctl {

/// Asks every running party of a task, one after the other, for whom it waits. Of one that does not answer within the master's time (3 s) that
/// is said. kNotFound: no such task.
Result<Printed> run_task_waits(Master& master, const TaskOptions& options);

}  // namespace pai::ctl
