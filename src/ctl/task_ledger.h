#pragma once

#include "common/base/result.h"
#include "ctl/master_call.h"
#include "ctl/options.h"
#include "ctl/verbs.h"

namespace pai::ctl {

/// What left the parties of a task, as far as their nodes share it. A party that does not says so in its place.
Result<Printed> run_task_ledger(Master& master, const TaskOptions& options);

}  // namespace pai::ctl
