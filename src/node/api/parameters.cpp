#include "node/api/parameters.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <span>
#include <utility>

#include "common/base/text.h"
#include "common/json/strict_json.h"
#include "common/task/validate.h"
#include "node/checks.h"
#include "node/logs.h"

namespace pai::node::api {
namespace {

// The connection's limit on bodies is the one that counts.
constexpr json::Limits kBodyLimits{.bytes_max = std::size_t{1} << 30};

Error bad_parameter(std::string_view name, const std::string& value, std::string_view expected) {
  return Error(ErrorCode::kInvalid,
               std::string(name) + ": '" + printable(value) + "' is not " + std::string(expected))
      .with_detail({ErrorDetail::Kind::kPath, std::string(name), "must be " + std::string(expected)});
}

template <class Number>
std::optional<Number> number_from(const std::string& text) {
  Number number = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (fault != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

Result<nlohmann::json> body_object(const http::Request& request, std::span<const std::string_view> keys) {
  PAI_ASSIGN(auto body, json::parse(request.body, kBodyLimits));
  if (!body.is_object()) return Error(ErrorCode::kInvalid, "the body must be a JSON object");
  std::vector<ErrorDetail> details;
  for (const auto& [key, value] : body.items()) {
    if (std::find(keys.begin(), keys.end(), key) != keys.end()) continue;
    std::string message = "is unknown";
    if (const auto near = nearest(key, keys)) message += "; did you mean \"" + std::string(*near) + "\"?";
    details.push_back({ErrorDetail::Kind::kPath, printable(key), std::move(message)});
  }
  for (const auto key : keys) {
    if (!body.contains(key)) details.push_back({ErrorDetail::Kind::kPath, std::string(key), "is missing"});
  }
  if (details.empty()) return body;
  std::string message = "the body: \"" + details.front().where + "\" " + details.front().message;
  return Error(ErrorCode::kInvalid, std::move(message)).with_details(std::move(details));
}

Result<std::string> attempt_in(const nlohmann::json& body) {
  const auto& value = body.at("attempt");
  if (value.is_string()) return value.get<std::string>();
  return Error(ErrorCode::kInvalid, "\"attempt\" must be a string")
      .with_detail({ErrorDetail::Kind::kPath, "attempt", "must be a string"});
}

bool is_address(const std::string& name) {
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  return ::inet_pton(AF_INET, name.c_str(), bytes.data()) == 1 ||
         ::inet_pton(AF_INET6, name.c_str(), bytes.data()) == 1;
}

/// As in tls::matches, the common name counts only where no alternative name stands: of a certificate that has some, nobody vets it.
std::string stable_identity(const tls::PeerIdentity& peer) {
  std::string name = peer.common_name;
  if (!peer.names.empty()) {
    const auto dns = std::find_if_not(peer.names.begin(), peer.names.end(), is_address);
    name = dns != peer.names.end() ? *dns : peer.names.front();
  }
  if (name.empty()) return peer.fingerprint;
  std::transform(name.begin(), name.end(), name.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return "name:" + name;
}

}  // namespace

Result<ClientKey> client_key(const http::Request& request) {
  ClientKey key;
  PAI_ASSIGN(key.task_name, request.required("task_name"));
  if (Status named = task::check_task_name(key.task_name); !named.ok()) {
    const std::string message = named.error().message();
    return std::move(named)
        .error()
        .in_context("task_name")
        .with_detail({ErrorDetail::Kind::kPath, "task_name", message});
  }
  PAI_ASSIGN(const std::string client, request.required("client"));
  const auto number = number_from<int>(client);
  if (!number || *number < 0) return bad_parameter("client", client, "a client id, 0 or above");
  key.client = *number;
  return key;
}

std::string caller_of(const http::Request& request) {
  return request.identity ? stable_identity(*request.identity) : "";
}

Result<bool> flag(const http::Request& request, std::string_view name) {
  const auto value = request.optional(name);
  if (!value || *value == "false") return false;
  if (*value == "true") return true;
  return bad_parameter(name, *value, "true or false");
}

Result<std::uint64_t> record_from(const http::Request& request) {
  const auto value = request.optional("from");
  if (!value) return std::uint64_t{0};
  const auto number = number_from<std::uint64_t>(*value);
  if (!number) return bad_parameter("from", *value, "the number of a row, 0 or above");
  return *number;
}

Result<int> client_count(const http::Request& request) {
  const auto value = request.optional("clients");
  if (!value) return 1;
  const auto number = number_from<int>(*value);
  if (!number || *number < 1 || *number > 64) return bad_parameter("clients", *value, "a number of clients, 1 to 64");
  return *number;
}

Result<std::size_t> tail(const http::Request& request) {
  const auto value = request.optional("tail");
  if (!value) return kTailDefault;
  const auto number = number_from<std::size_t>(*value);
  if (!number || *number == 0 || *number > kTailLinesMax) {
    return bad_parameter("tail", *value, "a number of lines, 1 to " + std::to_string(kTailLinesMax));
  }
  return *number;
}

Result<ClientQuery> client_query(const http::Request& request) {
  ClientQuery query;
  const auto number = [&](std::string_view name, std::int64_t max, std::int64_t& into) -> Status {
    const auto value = request.optional(name);
    if (!value) return {};
    const auto found = number_from<std::int64_t>(*value);
    if (!found || *found < 1 || *found > max) return bad_parameter(name, *value, "a number, 1 to " + std::to_string(max));
    into = *found;
    return {};
  };
  PAI_TRY(number("limit", 1'000, query.limit));
  PAI_TRY(number("page", 1'000'000'000, query.page));
  const auto status = request.optional("status");
  if (!status) return query;
  query.state = task::client_state_from_name(*status);
  if (!query.state) return bad_parameter("status", *status, "a state of a client");
  return query;
}

Result<Preparation> preparation(const http::Request& request, bool with_attempt) {
  static constexpr std::array<std::string_view, 3> kKeys = {"public", "client_config", "attempt"};
  PAI_ASSIGN(auto body,
             body_object(request, std::span(kKeys).first(with_attempt || request.body.empty() ? 3 : 2)));
  Preparation result;
  if (with_attempt) {
    PAI_ASSIGN(result.attempt, attempt_in(body));
  }
  result.public_part = std::move(body["public"]);
  result.client_config = std::move(body["client_config"]);
  return result;
}

Result<PortWish> port_wish(const http::Request& request) {
  static constexpr std::array<std::string_view, 2> kKeys = {"attempt", "avoid"};
  constexpr std::size_t kPortsMax = 200;
  PAI_ASSIGN(const auto body, body_object(request, kKeys));
  PortWish wish;
  PAI_ASSIGN(wish.attempt, attempt_in(body));
  PAI_TRY(check_attempt(wish.attempt));
  const auto& avoid = body.at("avoid");
  const Error wrong = Error(ErrorCode::kInvalid, "\"avoid\" must be a list of at most 200 ports")
                          .with_detail({ErrorDetail::Kind::kPath, "avoid", "must be a list of at most 200 ports"});
  if (!avoid.is_array() || avoid.size() > kPortsMax) return wrong;
  for (const auto& port : avoid) {
    if (!port.is_number_unsigned() || port.get<std::uint64_t>() > 65'535) return wrong;
    wish.avoid.insert(port.get<std::uint16_t>());
  }
  return wish;
}

Result<std::string> attempt(const http::Request& request) {
  static constexpr std::array<std::string_view, 1> kKeys = {"attempt"};
  PAI_ASSIGN(const auto body, body_object(request, kKeys));
  return attempt_in(body);
}

}  // namespace pai::node::api
