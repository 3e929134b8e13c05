#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "node/record.h"

namespace pai::node {

/// A GrantRecord as node.db keeps it. What is missing or of another type when it is read back is as if it had not been
/// set.
std::string granted_text(const GrantRecord& granted);
GrantRecord granted_from_json(const nlohmann::json& document);

}  // namespace pai::node
