#pragma once

#include <nlohmann/json.hpp>

#include "common/base/result.h"
#include "common/task/model.h"

namespace pai::task {

/// Checks a whole task document as POSTed to the master (architecture, section 3). Collects all faults: the error
/// (kInvalid) has a detail per fault with its JSON path, what is wrong and what would be right.
Result<TaskSpec> validate(const nlohmann::json& document);

/// Checks what a master sends to a node: the public part, the id of the node's own client and that client's own
/// settings. A node never trusts the master: the same rules hold. The other clients' `settings` stay empty, except main's.
Result<TaskSpec> validate_node_part(const nlohmann::json& public_part, int client, const nlohmann::json& client_config);

/// `[A-Za-z0-9][A-Za-z0-9._-]{0,127}`; the error says what is wrong with the name.
Status check_task_name(std::string_view name);

/// Relative UTF-8 path without empty, `.` or `..` components and without control characters, 4,096 bytes at most,
/// 255 a component.
Status check_relative_path(std::string_view path);

}  // namespace pai::task
