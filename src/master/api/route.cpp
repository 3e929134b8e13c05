#include "master/api/route.h"

#include <algorithm>
#include <charconv>

#include "common/audit/request_entry.h"
#include "common/base/text.h"

namespace pai::master::api {
namespace {

Error invalid_parameter(std::string_view name, std::string message) {
  auto detail = ErrorDetail{ErrorDetail::Kind::kPath, std::string(name), message};
  return Error(ErrorCode::kInvalid, std::string(name) + ": " + message).with_detail(std::move(detail));
}

Status check_parameters(const http::Request& request, const std::vector<std::string_view>& known) {
  for (const auto& [name, value] : request.query) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    auto error = invalid_parameter(printable(name), "is not a parameter of " + request.path);
    if (const auto near = nearest(name, known); near.has_value()) {
      return std::move(error).with_hint("did you mean \"" + std::string(*near) + "\"?");
    }
    return error;
  }
  return {};
}

}  // namespace

std::vector<http::Route> to_routes(std::vector<DeclaredRoute> declared, const std::atomic<bool>& draining, audit::Log* audit) {
  std::vector<http::Route> routes;
  for (auto& route : declared) {
    auto answer = [parameters = route.parameters, mutates = route.mutates, work = std::move(route.handler), &draining,
                   audit](const http::Request& request) {
      if (auto known = check_parameters(request, parameters); !known.ok()) return http::error_reply(known.error());
      if (mutates && draining.load()) {
        return http::error_reply(
            Error(ErrorCode::kUnavailable, "the master is shutting down").with_hint("tasks go on; try again in a moment"));
      }
      if (mutates && audit != nullptr) {
        if (auto audited = audit->ready(); !audited.ok()) return http::error_reply(audited.error());
      }
      return work(request);
    };
    auto handler = [answer = std::move(answer), mutates = route.mutates, audit](const http::Request& request) {
      auto reply = answer(request);
      const bool refused = reply.status == 401 || reply.status == 403;
      if (audit != nullptr && (mutates || refused)) audit->append(audit::entry_of(request, reply));
      return reply;
    };
    for (const auto method : route.methods) routes.push_back({method, route.path, handler, route.slow, route.role});
  }
  return routes;
}

http::Reply to_reply(Result<nlohmann::json> result) {
  return result.ok() ? http::ok_reply(std::move(result).value()) : http::error_reply(result.error());
}

Result<std::int64_t> integer_parameter(const http::Request& request, std::string_view name, std::int64_t otherwise,
                                       std::int64_t min, std::int64_t max) {
  const auto text = request.optional(name);
  if (!text.has_value()) return otherwise;
  std::int64_t value = 0;
  const auto [end, fault] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (fault != std::errc() || end != text->data() + text->size() || value < min || value > max) {
    return invalid_parameter(name, "\"" + printable(*text, 40) + "\" is not an integer from " + std::to_string(min) +
                                       " to " + std::to_string(max));
  }
  return value;
}

Result<bool> flag_parameter(const http::Request& request, std::string_view name) {
  const auto text = request.optional(name);
  if (!text.has_value() || *text == "false" || *text == "0") return false;
  if (*text == "true" || *text == "1") return true;
  return invalid_parameter(name, "\"" + printable(*text, 40) + "\" is neither true nor false");
}

}  // namespace pai::master::api
