#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "common/base/result.h"
#include "ctl/owner/options.h"

namespace pai::ctl {

/// Sends the command to the node that runs with this data folder; what to print. kUnavailable when no node answers there,
/// kDenied when this user may not, else the node's own error.
Result<std::string> run_owner_command(const OwnerOptions& options);

/// The answer in words, for the command that was given.
std::string words_of_answer(const nlohmann::json& command, const nlohmann::json& answer);

}  // namespace pai::ctl
