#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/base/result.h"

namespace pai::ctl::pki {

/// What a certificate or a request says. Every text is printable.
struct Shown {
  enum class Kind { kAuthority, kParty, kRequest };
  Kind kind = Kind::kParty;
  std::string subject;
  std::vector<std::string> names;
  std::string key;
  // Not of a request:
  std::string issuer;
  std::string fingerprint;  ///< `sha256:…`, as configurations take it
  std::string serial;       ///< hex
  std::int64_t not_before = 0;
  std::int64_t not_after = 0;
  // Of a request only:
  std::vector<std::string> left_out;  ///< what it asks for and would not get
};

/// The certificates of a PEM text, or its one request, which `paictl pki sign` would take: its faults are the
/// error.
Result<std::vector<Shown>> read_shown(const std::string& pem);

std::string shown_as_text(const std::vector<Shown>& all, std::int64_t now);
/// An object with `certificates` or `request`.
std::string shown_as_json(const std::vector<Shown>& all, std::int64_t now);

}  // namespace pai::ctl::pki
