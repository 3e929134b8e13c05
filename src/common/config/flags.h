#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/config/faults.h"
#include "common/config/settings.h"

namespace pai::config {

/// What stands on the command line, not yet checked against the settings' types.
struct Flags {
  std::optional<std::string> config;
  bool check_config = false;
  bool help = false;
  bool version = false;
  std::optional<std::string> manual;          ///< the section whose page is asked for
  std::map<std::string, std::vector<std::string>> given;  ///< by setting name
};

/// Splits the arguments (without the program's name). Faults go to `faults` with the flag's name.
Flags read_flags(const Declaration& declaration, const std::vector<std::string>& arguments, Faults& faults);

}  // namespace pai::config
