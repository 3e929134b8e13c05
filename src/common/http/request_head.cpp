#include "common/http/request_head.h"

#include <algorithm>
#include <array>

#include "common/base/text.h"
#include "common/http/target.h"

namespace pai::http {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

/// Two readers of one message must not disagree on these: a second one is an attack or a bug.
bool stands_once(const std::string& name) {
  constexpr std::array<std::string_view, 7> kOnce = {"host",   "content-length", "transfer-encoding", "content-type",
                                                     "origin", "authorization",  "expect"};
  return std::find(kOnce.begin(), kOnce.end(), name) != kOnce.end();
}

Status collect_fields(const RawHead& raw, std::map<std::string, std::string>& headers) {
  for (const auto& [name, value] : raw.fields) {
    std::string key = lower(name);
    if (has_control_character(value)) {
      return Error(ErrorCode::kInvalid, "the header '" + printable(key) + "' has a control character");
    }
    const auto [at, fresh] = headers.emplace(key, std::string(value));
    if (fresh) continue;
    if (stands_once(key)) return Error(ErrorCode::kInvalid, "the header '" + key + "' stands twice");
    at->second.append(", ").append(value);
  }
  return {};
}

const std::string* find(const std::map<std::string, std::string>& headers, const char* name) {
  const auto found = headers.find(name);
  return found == headers.end() ? nullptr : &found->second;
}

Status check_framing(const std::map<std::string, std::string>& headers, int version) {
  const auto* length = find(headers, "content-length");
  const auto* encoding = find(headers, "transfer-encoding");
  if (length != nullptr && encoding != nullptr) {
    return Error(ErrorCode::kInvalid, "Content-Length and Transfer-Encoding stand together");
  }
  // The parser takes "5, 5" for 5; another reader may not.
  if (length != nullptr && length->find_first_not_of("0123456789") != std::string::npos) {
    return Error(ErrorCode::kInvalid, "Content-Length is not one number");
  }
  if (encoding != nullptr && (version < 11 || lower(*encoding) != "chunked")) {
    return Error(ErrorCode::kInvalid, "Transfer-Encoding is not 'chunked'");
  }
  return {};
}

bool names_loopback(std::string_view host) {
  const auto end = host.rfind(']');
  const auto colon = host.find(':', end == std::string_view::npos ? 0 : end);
  const auto name = lower(host.substr(0, colon));
  return name == "localhost" || name == "127.0.0.1" || name == "[::1]";
}

/// A page of another site in the user's browser may reach this port, but must not command it.
Status check_origin(const std::map<std::string, std::string>& headers, std::string_view scheme,
                    const std::string& host) {
  const auto* site = find(headers, "sec-fetch-site");
  if (site != nullptr && lower(*site) == "cross-site") {
    return Error(ErrorCode::kDenied, "requests from pages of another site are not allowed here");
  }
  const auto* origin = find(headers, "origin");
  if (origin == nullptr) return {};
  // Host is the caller's word. Without a certificate that proves the name, a page's own one could resolve to us.
  if (scheme == "http" && !names_loopback(host)) {
    return Error(ErrorCode::kDenied, "requests from pages are taken under a loopback name only, not as '" +
                                         printable(host) + "'");
  }
  const std::string own = std::string(scheme) + "://" + lower(host);
  if (!host.empty() && lower(*origin) == own) return {};
  return Error(ErrorCode::kDenied, "requests from pages of '" + printable(*origin) + "' are not allowed here");
}

}  // namespace

Method method_of(std::string_view name) {
  if (name == "GET") return Method::kGet;
  if (name == "HEAD") return Method::kHead;
  if (name == "POST") return Method::kPost;
  if (name == "PUT") return Method::kPut;
  if (name == "DELETE") return Method::kDelete;
  if (name == "OPTIONS") return Method::kOptions;
  return Method::kOther;
}

Result<Head> check_head(const RawHead& raw, std::string_view scheme) {
  Head head;
  auto& request = head.request;
  request.method = method_of(raw.method);
  PAI_TRY(collect_fields(raw, request.headers));
  PAI_TRY(check_framing(request.headers, raw.version));
  PAI_ASSIGN(auto target, parse_target(raw.target));

  const auto* host = find(request.headers, "host");
  if (raw.version >= 11 && host == nullptr) return Error(ErrorCode::kInvalid, "the Host header is missing");
  const std::string authority = !target.authority.empty() ? target.authority : host != nullptr ? *host : "";
  PAI_TRY(check_origin(request.headers, scheme, authority));
  request.path = std::move(target.path);
  request.query = std::move(target.query);

  if (const auto* expect = find(request.headers, "expect")) {
    if (lower(*expect) != "100-continue") {
      return Error(ErrorCode::kInvalid, "the expectation '" + printable(*expect) + "' cannot be met");
    }
    head.expects_continue = raw.version >= 11;  // a 1.0 client would take the 100 for the answer
  }
  return head;
}

}  // namespace pai::http
