#pragma once

#include <string>
#include <string_view>

#include "common/base/result.h"

namespace pai::task {

/// An IPv4 or IPv6 address (brackets allowed) in its shortest form without brackets, or an RFC 1123 host name in lower
/// case. kInvalid says what is wrong and what would be right. Resolves nothing.
Result<std::string> canonical_address(std::string_view text);

/// Equal for canonical addresses that surely mean one machine: `localhost` and `127.0.0.1`, IPv4 mapped into IPv6.
std::string address_key(std::string_view canonical);

}  // namespace pai::task
