#pragma once

#include <optional>
#include <string>

namespace pai {

/// An IP address in its one shortest form ("0:0::1" is "::1"), or nothing when the text is none of this family (AF_INET,
/// AF_INET6). A NUL in the text makes it none.
std::optional<std::string> canonical_ip(int family, const std::string& text);
/// Of either family.
std::optional<std::string> canonical_ip(const std::string& text);

}  // namespace pai
