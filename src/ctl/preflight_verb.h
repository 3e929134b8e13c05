#pragma once

#include <string>

#include "common/base/result.h"
#include "ctl/options.h"

namespace pai::ctl {

struct Found {
  std::string text;  ///< the table, or JSON
  bool fine = false;
};

/// `paictl preflight`: asks the master to look, and gives what it found. An error: the master could not be asked.
Result<Found> run_preflight(const PreflightOptions& options);

}  // namespace pai::ctl
