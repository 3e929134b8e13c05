#include "common/task/address.h"

#include <sys/socket.h>

#include <algorithm>
#include <optional>

#include "common/base/ip_address.h"
#include "common/task/faults.h"

namespace pai::task {
namespace {

constexpr std::size_t kHostBytesMax = 253;
constexpr std::size_t kLabelBytesMax = 63;
constexpr std::size_t kTextBytesMax = kHostBytesMax + sizeof("https://") + sizeof(":65535");

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

bool is_label(std::string_view label) {
  if (label.empty() || label.size() > kLabelBytesMax || label.front() == '-' || label.back() == '-') return false;
  return std::all_of(label.begin(), label.end(), [](char c) { return is_letter(c) || is_digit(c) || c == '-'; });
}

/// RFC 1123, section 2.1; a last label of digits alone would be read as a mistyped IPv4 address.
bool is_host_name(std::string_view text) {
  if (text.size() > kHostBytesMax) return false;
  std::string_view label;
  for (std::size_t begin = 0; begin <= text.size();) {
    const auto end = std::min(text.find('.', begin), text.size());
    label = text.substr(begin, end - begin);
    if (!is_label(label)) return false;
    begin = end + 1;
  }
  return !std::all_of(label.begin(), label.end(), is_digit);
}

Error refused(std::string_view text, std::string_view reason) {
  return Error(ErrorCode::kInvalid, in_quotes(text) + " " + std::string(reason));
}

}  // namespace

Result<std::string> canonical_address(std::string_view text) {
  constexpr std::string_view kExpected = "is not an IP address or host name";
  if (text.empty()) return Error(ErrorCode::kInvalid, "the address is empty: an IP address or host name was expected");
  // Before anything looks at it twice: a megabyte of "x:1:1:1" is no address however it ends.
  if (text.size() > kTextBytesMax || text.find('\0') != std::string_view::npos) return refused(text, kExpected);
  if (const auto scheme = text.find("://"); scheme != std::string_view::npos) {
    return refused(text, "is a URL: write the IP address or host name alone");
  }
  const bool bracketed = text.front() == '[' && text.back() == ']';
  const std::string plain(bracketed ? text.substr(1, text.size() - 2) : text);
  if (!bracketed) {
    if (const auto ip = canonical_ip(AF_INET, plain)) {
      if (*ip == "0.0.0.0") return refused(text, "is an address to listen on, not one that can be called");
      return *ip;
    }
  }
  if (const auto ip = canonical_ip(AF_INET6, plain)) {
    if (*ip == "::") return refused(text, "is an address to listen on, not one that can be called");
    return *ip;
  }
  if (bracketed) return refused(text, "is not an IPv6 address in brackets");
  if (const auto colon = plain.rfind(':'); colon != std::string::npos && colon + 1 < plain.size() &&
                                           std::all_of(plain.begin() + static_cast<std::ptrdiff_t>(colon) + 1, plain.end(), is_digit) &&
                                           canonical_address(plain.substr(0, colon)).ok()) {
    return refused(text, "has a port: write " + in_quotes(plain.substr(0, colon)) + " and the port in its own field");
  }
  if (!is_host_name(plain)) return refused(text, kExpected);
  std::string lower = plain;
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return lower;
}

std::string address_key(std::string_view canonical) {
  constexpr std::string_view kMapped = "::ffff:";
  if (canonical == "localhost") return "127.0.0.1";
  if (canonical.substr(0, kMapped.size()) == kMapped && canonical.find('.') != std::string_view::npos) {
    return std::string(canonical.substr(kMapped.size()));
  }
  return std::string(canonical);
}

}  // namespace pai::task
