#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "node/policy/grant.h"

namespace pai::node::policy {

/// Reads a policy: TOML with a `[[grants]]` table for each grant. Pure. `file` is the name for messages. kInvalid with
/// every fault of the file, each with `file:line`; then nothing of it is to be used.
Result<std::vector<Grant>> read_policy(std::string_view file, std::string_view text);

}  // namespace pai::node::policy
