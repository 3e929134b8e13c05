#pragma once

#include <cstdint>
#include <string>

#include "common/base/result.h"
#include "ctl/options.h"

namespace pai::ctl {

/// What a verb says.
struct Printed {
  std::string text;
  int exit_code = 0;  ///< 1: it did what it should and found something wrong
};

/// Does what was asked for and gives what to print. On an error no new file is left. `now` is Unix seconds.
Result<Printed> run(const Options& options, std::int64_t now);

}  // namespace pai::ctl
