#pragma once

#include "common/base/result.h"
#include "ctl/master_call.h"
#include "ctl/options.h"
#include "ctl/verbs.h"

namespace pai::ctl {

/// The end of one client's log; with `follow` also what is added to it, on standard output as it comes, until the task has ended.
Result<Printed> run_task_log(Master& master, const TaskOptions& options);

}  // namespace pai::ctl
