#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "common/audit/log.h"
#include "common/http/server.h"

namespace pai::master::api {

/// A route as this folder declares it: what it takes beside what it does, so that a mistyped parameter is an error that
/// names the right one.
struct DeclaredRoute {
  std::vector<http::Method> methods;
  std::string path;
  std::vector<std::string_view> parameters = {};
  access::Role role = access::Role::kViewer;  ///< the least that may call; kNone: anybody who can connect
  bool mutates = false;  ///< refused (503) while draining
  bool slow = false;     ///< calls nodes
  std::function<http::Reply(const http::Request&)> handler;
};

/// Turns declarations into the server's routes: unknown parameters are 400 with the nearest name, mutating calls 503
/// while `draining` is set or the audit log cannot be written. Calls that change something, and refusals, are audited;
/// `audit` may be null.
std::vector<http::Route> to_routes(std::vector<DeclaredRoute> declared, const std::atomic<bool>& draining, audit::Log* audit);

/// {"status":"ok", …} or the error's answer.
http::Reply to_reply(Result<nlohmann::json> result);

/// An integer parameter; kInvalid naming it, what was found and the range.
Result<std::int64_t> integer_parameter(const http::Request& request, std::string_view name, std::int64_t otherwise,
                                       std::int64_t min, std::int64_t max);
/// "true" or "false" (or 1, 0); absent: false.
Result<bool> flag_parameter(const http::Request& request, std::string_view name);

}  // namespace pai::master::api
