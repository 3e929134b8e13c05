#include "master/api/routes.h"

#include "master/creation.h"
#include "master/ending.h"
#include "master/starting.h"

namespace pai::master::api {
namespace {

using http::Method;
using http::Request;

Result<EndOptions> end_options(const Request& request) {
  PAI_ASSIGN(const bool force, flag_parameter(request, "force"));
  PAI_ASSIGN(const bool datasets, flag_parameter(request, "datasets"));
  return EndOptions{.force = force, .datasets = datasets};
}

Result<nlohmann::json> start(Lifecycle& lifecycle, const Request& request) {
  // The reference scripts start with GET, so HEAD finds this route too; but HEAD only asks.
  if (request.method == Method::kHead) return Error(ErrorCode::kMethodNotAllowed, "HEAD starts nothing: use POST or GET");
  PAI_ASSIGN(const auto name, request.required("task_name"));
  return start_task(lifecycle, name);
}

Result<nlohmann::json> stop(Lifecycle& lifecycle, const Request& request) {
  PAI_ASSIGN(const auto name, request.required("task_name"));
  PAI_ASSIGN(const auto options, end_options(request));
  return stop_task(lifecycle, name, options);
}

Result<nlohmann::json> remove(Lifecycle& lifecycle, const Request& request) {
  PAI_ASSIGN(const auto name, request.required("task_name"));
  PAI_ASSIGN(const auto options, end_options(request));
  return delete_task(lifecycle, name, options);
}

Result<nlohmann::json> retry(Lifecycle& lifecycle, const Request& request) {
  PAI_ASSIGN(const auto name, request.required("task_name"));
  PAI_ASSIGN(const bool resume, flag_parameter(request, "resume"));
  return retry_task(lifecycle, name, resume);
}

}  // namespace

std::vector<DeclaredRoute> task_routes(Context& context) {
  auto& lifecycle = context.lifecycle;
  const auto route = [&](std::vector<Method> methods, std::string path, std::vector<std::string_view> parameters,
                         bool mutates, auto work) {
    return DeclaredRoute{.methods = std::move(methods),
                         .path = std::move(path),
                         .parameters = std::move(parameters),
                         .mutates = mutates,
                         .slow = true,
                         .handler = [&lifecycle, work](const Request& request) { return to_reply(work(lifecycle, request)); }};
  };
  const auto create = [](Lifecycle& on, const Request& request) { return create_task(on, request.body); };
  const auto check = [](Lifecycle& on, const Request& request) { return check_task(on, request.body); };
  return {
      route({Method::kPost}, "/createTask", {}, true, create),
      route({Method::kPost}, "/checkTask", {}, false, check),
      route({Method::kPost, Method::kGet}, "/startTask", {"task_name"}, true, start),
      route({Method::kPost}, "/stopTask", {"task_name", "force"}, true, stop),
      route({Method::kPost}, "/deleteTask", {"task_name", "datasets", "force"}, true, remove),
      route({Method::kPost}, "/retryTask", {"task_name", "resume"}, true, retry),
  };
}

}  // namespace pai::master::api
