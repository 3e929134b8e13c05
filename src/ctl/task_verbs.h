#pragma once

#include "common/base/result.h"
#include "ctl/options.h"
#include "ctl/verbs.h"

namespace pai::ctl {

/// One call of a master, or, for run, wait and watch, calls until the task has ended, with what happens shown on standard output as it comes.
/// The exit code is 1 for a task that ended otherwise than Finished, 3 when `timeout_s` passed before its end.
Result<Printed> run_task(const TaskOptions& options);

}  // namespace pai::ctl
