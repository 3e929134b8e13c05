#pragma once

#include <filesystem>

#include "common/config/faults.h"
#include "common/config/settings.h"

namespace pai::config {

/// Reads the TOML file into `values`. Each fault goes to `faults` with `file:line`; what is right is read all the same.
void read_settings_file(const Declaration& declaration, const std::filesystem::path& file, Values& values, Faults& faults);

}  // namespace pai::config
