#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"

namespace pai::ctl::pki {

/// The names of one certificate, checked.
struct Names {
  std::string common_name;
  std::vector<std::string> hosts;      ///< DNS alternative names, as they were given
  std::vector<std::string> addresses;  ///< IP alternative names, in inet_ntop's form

  bool has_alternatives() const { return !hosts.empty() || !addresses.empty(); }
  /// All alternative names, hosts first.
  std::vector<std::string> alternatives() const;
  bool operator==(const Names&) const = default;
};

constexpr std::size_t kAlternativesMax = 64;

/// A host name in the form of RFC 1123: labels of letters, digits and hyphens, at most 253 bytes, no
/// wildcard, and a last label that is not a number (so that a mistyped address is none).
bool is_host_name(std::string_view text);

/// Checks a party's or user's name and further names. The name becomes the common name, and an alternative
/// name too when it is a host name or an address. kInvalid, with all faults: empty, odd characters,
/// wildcards, neither host nor address.
Result<Names> names_from(const std::string& name, const std::vector<std::string>& alternatives);

/// Checks a CA's name: 1 to 64 characters of UTF-8 without controls.
Status check_authority_name(const std::string& name);

}  // namespace pai::ctl::pki
