#pragma once

#include <string>

#include "common/base/result.h"
#include "ctl/options.h"

namespace pai::ctl {

/// `paictl user …`: asks the master, and gives what to print.
Result<std::string> run_user(const UserOptions& options);

}  // namespace pai::ctl
