#include "master/api/routes.h"

#include "common/base/text.h"
#include "master/creation.h"
#include "master/ending.h"
#include "master/preflight.h"
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

Status needs_admin(const Request& request, std::string_view what) {
  if (request.caller.role >= access::Role::kAdmin) return {};
  return Error(ErrorCode::kDenied, std::string(what) + " needs the role admin; " + printable(request.caller.name) + " has " +
                                       std::string(access::role_name(request.caller.role)))
      .with_hint("ask an admin of this master");
}

/// What others wait for is not forgotten by anybody but them or an admin.
Status check_removal(Lifecycle& lifecycle, const Request& request, const std::string& name) {
  const auto task = lifecycle.existing(name);
  // Of a task that is not there delete says so; any other fault must not let a caller through.
  if (!task.ok()) return task.error().code() == ErrorCode::kNotFound ? Status() : Status(task.error());
  std::string created_by;
  {
    const std::lock_guard lock((*task)->mutex);
    created_by = (*task)->record.created_by;
  }
  if (!created_by.empty() && created_by == request.caller.name) return {};
  return needs_admin(request, "deleting a task of " + (created_by.empty() ? std::string("nobody known") : created_by));
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
  if (options.force) PAI_TRY(needs_admin(request, "force=true"));
  return stop_task(lifecycle, name, options);
}

Result<nlohmann::json> remove(Lifecycle& lifecycle, const Request& request) {
  PAI_ASSIGN(const auto name, request.required("task_name"));
  PAI_ASSIGN(const auto options, end_options(request));
  if (options.force) PAI_TRY(needs_admin(request, "force=true"));
  PAI_TRY(check_removal(lifecycle, request, name));
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
                         .role = access::Role::kOperator,
                         .mutates = mutates,
                         .slow = true,
                         .handler = [&lifecycle, work](const Request& request) { return to_reply(work(lifecycle, request)); }};
  };
  const auto create = [](Lifecycle& on, const Request& request) { return create_task(on, request.body, request.caller.name); };
  const auto check = [](Lifecycle& on, const Request& request) { return check_task(on, request.body); };
  const auto look_ahead = [](Lifecycle& on, const Request& request) { return preflight(on, request.body); };
  return {
      // It changes nothing, but has ports opened: so it is in the audit log.
      route({Method::kPost}, "/preflight", {}, true, look_ahead),
      route({Method::kPost}, "/createTask", {}, true, create),
      route({Method::kPost}, "/checkTask", {}, false, check),
      route({Method::kPost, Method::kGet}, "/startTask", {"task_name"}, true, start),
      route({Method::kPost}, "/stopTask", {"task_name", "force"}, true, stop),
      route({Method::kPost}, "/deleteTask", {"task_name", "datasets", "force"}, true, remove),
      route({Method::kPost}, "/retryTask", {"task_name", "resume"}, true, retry),
  };
}

}  // namespace pai::master::api
