#include "master/api/routes.h"

#include <iterator>
#include <memory>

#include "common/store/write_probe.h"

namespace pai::master::api {
namespace {

using http::Method;
using http::Request;

Result<nlohmann::json> ready(Context& context, store::WriteProbe& database) {
  if (context.draining.load()) return Error(ErrorCode::kUnavailable, "the master is shutting down");
  if (auto writable = database.ask(); !writable.ok()) {
    return Error(ErrorCode::kUnavailable, "master.db cannot be written: " + writable.error().message());
  }
  if (context.audit != nullptr) PAI_TRY(context.audit->ready());
  return nlohmann::json{{"msg", "ready"}};
}

}  // namespace

std::vector<DeclaredRoute> operator_routes(Context& context) {
  const auto route = [](std::string path, std::function<http::Reply(const Request&)> handler,
                        access::Role role = access::Role::kViewer) {
    return DeclaredRoute{
        .methods = {Method::kGet}, .path = std::move(path), .role = role, .handler = std::move(handler)};
  };
  const auto probe = std::make_shared<store::WriteProbe>([&context] { return context.lifecycle.store().probe(); });
  constexpr auto kAnybody = access::Role::kNone;  // health checks have no credentials, and learn nothing else
  return {
      route("/livez", [](const Request&) { return http::ok_reply({{"msg", "alive"}}); }, kAnybody),
      route("/readyz", [&context, probe](const Request&) { return to_reply(ready(context, *probe)); }, kAnybody),
      route("/metrics",
            [&context](const Request&) {
              return http::Reply{.content_type = "text/plain; version=0.0.4; charset=utf-8",
                                 .body = context.metrics.scrape()};
            }),
      route("/version",
            [](const Request&) {
              return http::ok_reply({{"msg", PAI_VERSION},
                                     {"program", "pai-master"},
                                     {"version", PAI_VERSION},
                                     {"time", unix_seconds()}});
            }),
      route("/openapi.yaml",
            [](const Request&) {
              return http::Reply{.content_type = "application/yaml", .body = std::string(openapi_yaml())};
            }),
  };
}

std::vector<DeclaredRoute> declared_routes(Context& context) {
  std::vector<DeclaredRoute> all;
  for (auto part : {task_routes(context), query_routes(context), list_routes(context), document_routes(context),
                    user_routes(context), operator_routes(context), console_routes()}) {
    std::move(part.begin(), part.end(), std::back_inserter(all));
  }
  return all;
}

std::vector<http::Route> routes(Context& context) { return to_routes(declared_routes(context), context.draining, context.audit); }

}  // namespace pai::master::api
