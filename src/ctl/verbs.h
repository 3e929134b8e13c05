#pragma once

#include <cstdint>
#include <string>

#include "common/base/result.h"
#include "ctl/options.h"

namespace pai::ctl {

/// Does what was asked for and gives what to print. On an error no new file is left. `now` is Unix seconds.
Result<std::string> run(const Options& options, std::int64_t now);

}  // namespace pai::ctl
