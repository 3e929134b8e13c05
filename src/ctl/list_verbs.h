#pragma once

#include "common/base/result.h"
#include "ctl/options.h"
#include "ctl/verbs.h"

namespace pai::ctl {

/// A table, or the master's document.
Result<Printed> run_list(const ListOptions& options);

}  // namespace pai::ctl
