#pragma once

#include <string>

#include "common/config/settings.h"

namespace pai::config {

std::string help_text(const Declaration& declaration);
/// The manual page of the program (section 8) and of its configuration file (section 5), in man(7).
std::string manual_of_program(const Declaration& declaration);
std::string manual_of_file(const Declaration& declaration);
/// What --help has in brackets behind a setting: default, range and unit; empty for none.
std::string remarks_of(const Setting& setting);
/// "pai-node 0.1.0"
std::string version_text(const Declaration& declaration);

}  // namespace pai::config
