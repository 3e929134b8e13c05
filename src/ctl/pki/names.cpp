#include "ctl/pki/names.h"

#include <strings.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>

#include "common/base/ip_address.h"
#include "common/base/text.h"

namespace pai::ctl::pki {
namespace {

constexpr std::size_t kNameBytesMax = 64;  // ub-common-name of RFC 5280
constexpr std::size_t kHostBytesMax = 253;
constexpr std::size_t kLabelBytesMax = 63;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_alphanumeric(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_label(std::string_view label) {
  return !label.empty() && label.size() <= kLabelBytesMax && label.front() != '-' && label.back() != '-' &&
         std::all_of(label.begin(), label.end(), [](char c) { return is_alphanumeric(c) || c == '-'; });
}

/// Empty, or what is wrong with it as common name and file name.
std::string name_fault(const std::string& name) {
  if (name.empty()) return "is empty";
  if (name.find('*') != std::string::npos) return "is a wildcard; each daemon has a certificate of its own";
  if (name.size() > kNameBytesMax) return "is longer than 64 characters";
  if (!is_alphanumeric(name.front())) return "does not begin with a letter or digit";
  const auto odd = std::find_if(name.begin(), name.end(), [](char c) {
    return !is_alphanumeric(c) && std::string_view("._-@").find(c) == std::string_view::npos;
  });
  if (odd != name.end()) return "has more than letters, digits, '.', '_', '-' and '@'";
  return {};
}

std::string alternative_fault(const std::string& name) {
  if (name.empty()) return "is empty";
  if (name.find('*') != std::string::npos) return "is a wildcard; name each host";
  return "is neither a host name nor an IP address";
}

void add_host(Names& names, const std::string& host) {
  const bool there = std::any_of(names.hosts.begin(), names.hosts.end(), [&](const std::string& one) {
    return one.size() == host.size() && strcasecmp(one.c_str(), host.c_str()) == 0;
  });
  if (!there) names.hosts.push_back(host);
}

/// False when it is neither host nor address.
bool add_alternative(Names& names, const std::string& text) {
  if (const auto address = canonical_ip(text)) {
    if (std::find(names.addresses.begin(), names.addresses.end(), *address) == names.addresses.end()) {
      names.addresses.push_back(*address);
    }
    return true;
  }
  if (!is_host_name(text)) return false;
  add_host(names, text);
  return true;
}

}  // namespace

std::vector<std::string> Names::alternatives() const {
  std::vector<std::string> all = hosts;
  all.insert(all.end(), addresses.begin(), addresses.end());
  return all;
}

bool is_host_name(std::string_view text) {
  if (text.empty() || text.size() > kHostBytesMax) return false;
  std::string_view last;
  for (std::string_view rest = text;;) {
    const auto dot = rest.find('.');
    last = rest.substr(0, dot);
    if (!is_label(last)) return false;
    if (dot == std::string_view::npos) break;
    rest.remove_prefix(dot + 1);
  }
  return !std::all_of(last.begin(), last.end(), is_digit);
}

Result<Names> names_from(const std::string& name, const std::vector<std::string>& alternatives) {
  std::vector<ErrorDetail> faults;
  const auto fault = [&](const std::string& where, const std::string& what) {
    faults.push_back({ErrorDetail::Kind::kPath, "'" + printable(where) + "'", what});
  };
  Names names;
  names.common_name = name;
  if (const auto what = name_fault(name); !what.empty()) {
    fault(name, what);
  } else {
    (void)add_alternative(names, name);  // 'alice@bank' is a name for people, and no alternative name
  }
  for (const auto& one : alternatives) {
    if (!add_alternative(names, one)) fault(one, alternative_fault(one));
  }
  if (names.hosts.size() + names.addresses.size() > kAlternativesMax) {
    fault(name, "has more than " + std::to_string(kAlternativesMax) + " alternative names");
  }
  if (faults.empty()) return names;
  std::string message = "the name " + faults.front().where + " " + faults.front().message;
  if (faults.size() == 1) return Error(ErrorCode::kInvalid, std::move(message));
  message += " (and " + std::to_string(faults.size() - 1) + " more)";
  return Error(ErrorCode::kInvalid, std::move(message)).with_details(std::move(faults));
}

Status check_authority_name(const std::string& name) {
  if (name.empty()) return Error(ErrorCode::kInvalid, "the CA's name is empty");
  if (invalid_utf8_at(name) || has_control_character(name)) {
    return Error(ErrorCode::kInvalid,
                 "the CA's name '" + printable(name) + "' has control characters or is not UTF-8");
  }
  const auto characters = std::count_if(name.begin(), name.end(), [](char c) { return (c & 0xC0) != 0x80; });
  if (static_cast<std::size_t>(characters) > kNameBytesMax) {
    return Error(ErrorCode::kInvalid, "the CA's name is longer than 64 characters");
  }
  return {};
}

}  // namespace pai::ctl::pki
