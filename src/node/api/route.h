#pragma once

#include <string_view>
#include <vector>

#include "common/http/server.h"

namespace pai::node::api {

/// A route with the query parameters that it takes: docs/openapi-node.yaml has the same, and a call with another one is
/// refused, so that no caller takes for heard what was not.
struct DeclaredRoute {
  std::vector<std::string_view> parameters;
  http::Route route;
};

/// The server's routes: an unknown parameter is kInvalid, with the nearest name.
std::vector<http::Route> to_routes(std::vector<DeclaredRoute> declared);

}  // namespace pai::node::api
