#pragma once

#include <string>

#include "common/config/settings.h"

namespace pai::config {

std::string help_text(const Declaration& declaration);
/// "pai-node 0.1.0"
std::string version_text(const Declaration& declaration);

}  // namespace pai::config
