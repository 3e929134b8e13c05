#pragma once

#include <cstddef>
#include <string_view>

#include <nlohmann/json.hpp>

#include "common/base/result.h"

namespace pai::json {

/// What a hostile document may cost us.
struct Limits {
  std::size_t bytes_max = std::size_t{1} << 20;
  int depth_max = 64;
};

/// Parses RFC 8259 JSON and nothing more. Refuses (kInvalid; kTooLarge over `bytes_max`): duplicate keys, invalid
/// UTF-8, non-finite numbers, nesting over `depth_max`, trailing text. `#`, `//`, `/*` comments and trailing commas
/// get an error of their own that names the line, since the reference document is often pasted with them. Each
/// error has a detail with the line and column, or the JSON path (`clients[2].addr`) where that says more.
Result<nlohmann::json> parse(std::string_view text, const Limits& limits = {});

/// `clients[2].client_config` + `columns` -> `clients[2].client_config.columns`; keys that are no identifiers are quoted.
std::string child_path(std::string_view path, std::string_view key);
std::string element_path(std::string_view path, std::size_t index);

/// Serialized with sorted keys and no spaces: equal documents have equal bytes.
std::string canonical(const nlohmann::json& value);

}  // namespace pai::json
