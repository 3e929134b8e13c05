#include "node/api/route.h"

#include <algorithm>
#include <utility>

#include "common/audit/request_entry.h"
#include "common/base/text.h"

namespace pai::node::api {
namespace {

Status check_parameters(const http::Request& request, const std::vector<std::string_view>& known) {
  for (const auto& [name, value] : request.query) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    auto error = Error(ErrorCode::kInvalid, printable(name) + ": is not a parameter of " + request.path)
                     .with_detail({ErrorDetail::Kind::kPath, printable(name), "is not a parameter of this call"});
    const auto near = nearest(name, known);
    if (!near) return error;
    return std::move(error).with_hint("did you mean \"" + std::string(*near) + "\"?");
  }
  return {};
}

}  // namespace

std::vector<http::Route> to_routes(std::vector<DeclaredRoute> declared, audit::Log* audit) {
  std::vector<http::Route> routes;
  routes.reserve(declared.size());
  for (auto& [parameters, route, mutates] : declared) {
    auto answer = [known = std::move(parameters), work = std::move(route.handler), audit,
                   changes = mutates](const http::Request& request) {
      if (Status fine = check_parameters(request, known); !fine.ok()) return http::error_reply(fine.error());
      if (changes && audit != nullptr) {
        if (Status audited = audit->ready(); !audited.ok()) return http::error_reply(audited.error());
      }
      return work(request);
    };
    route.handler = [answer = std::move(answer), audit, changes = mutates](const http::Request& request) {
      auto reply = answer(request);
      const bool refused = reply.status == 401 || reply.status == 403;
      if (audit != nullptr && (changes || refused)) audit->append(audit::entry_of(request, reply));
      return reply;
    };
    routes.push_back(std::move(route));
  }
  return routes;
}

}  // namespace pai::node::api
