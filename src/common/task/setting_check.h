#pragma once

#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "common/task/faults.h"
#include "common/task/settings.h"

namespace pai::task {

/// The value in its one normal form (integers as integers, numbers as doubles, names as a list), so that equal settings
/// are equal documents; or nothing, and `faults` says why.
std::optional<nlohmann::json> check_setting(const Setting& setting, const nlohmann::json& value,
                                            const std::string& path, Faults& faults);

}  // namespace pai::task
