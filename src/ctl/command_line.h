#pragma once

#include <string>
#include <vector>

#include "common/base/result.h"
#include "ctl/guide/outline.h"
#include "ctl/options.h"

namespace pai::ctl {

/// Reads the arguments (without the program's name). Every error is one of usage, and names the nearest verb
/// or flag where one is close.
Result<Options> read_command_line(const std::vector<std::string>& arguments);

/// Every verb with its arguments and flags.
guide::Command outline();

}  // namespace pai::ctl
