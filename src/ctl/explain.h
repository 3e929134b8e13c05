#pragma once

#include <string>

#include "common/base/result.h"
#include "ctl/options.h"

namespace pai::ctl {

/// What will leave each party, or one of them, and to whom: read from the file alone, a task document as it is POSTed, or the task.json
/// that a node wrote (then only that node's client, whose settings stand in it).
Result<std::string> explain(const ExplainOptions& options);

}  // namespace pai::ctl
