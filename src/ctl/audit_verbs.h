#pragma once

#include <string>

#include "common/base/result.h"
#include "ctl/options.h"

namespace pai::ctl {

/// `paictl audit verify`: what to print when every file is sound and goes on from the one before; else the error names
/// file and line.
Result<std::string> verify_audit(const AuditOptions& options);

}  // namespace pai::ctl
