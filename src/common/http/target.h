#pragma once

#include <map>
#include <string>
#include <string_view>

#include "common/base/result.h"

namespace pai::http {

/// A request target, taken apart and decoded.
struct Target {
  std::string path;
  std::map<std::string, std::string> query;
  std::string authority;  ///< of the absolute form (`http://host/path`), else empty
};

/// kInvalid for what is no path, bad percent-encoding, control characters, invalid UTF-8 and keys that stand twice.
/// `*` (OPTIONS) comes back as the path "*".
Result<Target> parse_target(std::string_view text);

}  // namespace pai::http
