#pragma once

#include <string_view>
#include <vector>

#include "common/audit/log.h"
#include "common/http/server.h"

namespace pai::node::api {

/// A route with the query parameters that it takes: docs/openapi-node.yaml has the same, and a call with another one is
/// refused, so that no caller takes for heard what was not.
struct DeclaredRoute {
  std::vector<std::string_view> parameters;
  http::Route route;
  bool mutates = false;  ///< audited, and refused (503) while the audit log cannot be written
};

/// The server's routes: an unknown parameter is kInvalid, with the nearest name. Refusals of any route are audited too;
/// `audit` may be null.
std::vector<http::Route> to_routes(std::vector<DeclaredRoute> declared, audit::Log* audit);

}  // namespace pai::node::api
