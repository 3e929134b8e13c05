#include "common/http/target.h"

#include "common/base/text.h"
#include "common/http/client.h"

namespace pai::http {
namespace {

enum class Plus { kIsPlus, kIsSpace };

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

Error bad_target(std::string_view what, std::string_view text) {
  return Error(ErrorCode::kInvalid, "the URL's " + std::string(what) + ": '" + printable(text) + "'");
}

Result<std::string> decode(std::string_view text, std::string_view part, Plus plus) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t at = 0; at < text.size(); ++at) {
    char c = text[at];
    if (c == '%') {
      const int high = at + 2 < text.size() ? hex_value(text[at + 1]) : -1;
      const int low = at + 2 < text.size() ? hex_value(text[at + 2]) : -1;
      if (high < 0 || low < 0) {
        return bad_target(std::string(part) + " has a % that two hexadecimal digits do not follow", text);
      }
      c = static_cast<char>(high * 16 + low);
      at += 2;
    } else if (c == '+' && plus == Plus::kIsSpace) {
      c = ' ';
    }
    decoded += c;
  }
  if (invalid_utf8_at(decoded)) return bad_target(std::string(part) + " is not UTF-8", text);
  if (has_control_character(decoded)) return bad_target(std::string(part) + " has a control character", text);
  return decoded;
}

Status parse_query(std::string_view text, std::map<std::string, std::string>& query) {
  while (!text.empty()) {
    const auto end = std::min(text.find('&'), text.size());
    const auto pair = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (pair.empty()) continue;
    const auto equals = std::min(pair.find('='), pair.size());
    PAI_ASSIGN(auto key, decode(pair.substr(0, equals), "query", Plus::kIsSpace));
    PAI_ASSIGN(auto value, decode(pair.substr(std::min(equals + 1, pair.size())), "query", Plus::kIsSpace));
    if (key.empty()) return bad_target("query has a value without a name", pair);
    if (!query.emplace(key, std::move(value)).second) {
      return Error(ErrorCode::kInvalid, "the query parameter '" + printable(key) + "' stands twice");
    }
  }
  return {};
}

}  // namespace

std::string encode(std::string_view value) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : value) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                       c == '.' || c == '_' || c == '~';
    if (plain) {
      encoded += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      encoded.append({'%', kDigits[byte >> 4], kDigits[byte & 15]});
    }
  }
  return encoded;
}

Result<Target> parse_target(std::string_view text) {
  Target target;
  if (text == "*") {
    target.path = "*";
    return target;
  }
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (text.substr(0, scheme.size()) != scheme) continue;
    text.remove_prefix(scheme.size());
    const auto end = std::min(text.find_first_of("/?"), text.size());
    target.authority = std::string(text.substr(0, end));
    if (target.authority.empty()) return bad_target("host is missing", text);
    text.remove_prefix(end);
    break;
  }
  if (text.empty() && !target.authority.empty()) text = "/";
  if (text.find('#') != std::string_view::npos) return bad_target("fragment has no place in a request", text);
  const auto question = std::min(text.find('?'), text.size());
  const auto path = text.substr(0, question);
  if (path.empty() || path.front() != '/') return bad_target("path does not start with /", text);
  PAI_ASSIGN(target.path, decode(path, "path", Plus::kIsPlus));
  PAI_TRY(parse_query(text.substr(std::min(question + 1, text.size())), target.query));
  return target;
}

}  // namespace pai::http
