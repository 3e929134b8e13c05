#pragma once

#include "common/base/result.h"
#include "ctl/options.h"
#include "ctl/verbs.h"

namespace pai::ctl {

/// What a table holds and what a task would stumble over; not fine when an alignment would refuse it.
Result<Printed> check_data(const DataCheckOptions& options);

}  // namespace pai::ctl
