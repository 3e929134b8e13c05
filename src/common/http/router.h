#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/http/server.h"

namespace pai::http {

std::string_view method_name(Method method);

/// Finds the route of a request. Pure; fixed after construction.
class Router {
 public:
  explicit Router(std::vector<Route> routes);

  struct Match {
    const Route* route = nullptr;   ///< null: `answer` is all there is to say
    Reply answer = {};
    std::string_view path = "other";  ///< as routed, for metrics
  };
  /// A HEAD finds the GET route. OPTIONS is answered here, and so are 404 and 405 with Allow.
  Match find(Method method, const std::string& path) const;

 private:
  std::string allow(const std::vector<Route>& routes) const;
  Reply unknown_path(const std::string& path) const;

  std::map<std::string, std::vector<Route>> by_path_;
};

}  // namespace pai::http
