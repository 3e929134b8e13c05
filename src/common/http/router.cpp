#include "common/http/router.h"

#include <algorithm>

#include "common/base/check.h"
#include "common/base/text.h"

namespace pai::http {
namespace {

Reply options_reply(std::string allowed) {
  Reply reply;
  reply.status = 204;
  reply.headers.emplace_back("Allow", std::move(allowed));
  return reply;
}

}  // namespace

std::string_view method_name(Method method) {
  switch (method) {
    case Method::kGet: return "GET";
    case Method::kHead: return "HEAD";
    case Method::kPost: return "POST";
    case Method::kPut: return "PUT";
    case Method::kDelete: return "DELETE";
    case Method::kOptions: return "OPTIONS";
    case Method::kOther: return "other";
  }
  PAI_CHECK(false, "a method outside the enumeration");
}

Router::Router(std::vector<Route> routes) {
  for (auto& route : routes) {
    auto& same_path = by_path_[route.path];
    const bool twice = std::any_of(same_path.begin(), same_path.end(),
                                   [&](const Route& other) { return other.method == route.method; });
    PAI_CHECK(!twice, "two routes for the same method and path");
    same_path.push_back(std::move(route));
  }
}

std::string Router::allow(const std::vector<Route>& routes) const {
  std::string list;
  for (const auto& route : routes) {
    list.append(method_name(route.method)).append(route.method == Method::kGet ? ", HEAD, " : ", ");
  }
  return list + "OPTIONS";
}

Reply Router::unknown_path(const std::string& path) const {
  std::vector<std::string_view> known;
  for (const auto& [name, routes] : by_path_) known.push_back(name);
  Error error(ErrorCode::kNotFound, "there is no '" + printable(path) + "' here");
  if (const auto near = nearest(path, known)) {
    return error_reply(std::move(error).with_hint("did you mean " + std::string(*near) + "?"));
  }
  return error_reply(error);
}

Router::Match Router::find(Method method, const std::string& path) const {
  Match match;
  if (path == "*") {
    match.answer = method == Method::kOptions
                       ? options_reply("GET, HEAD, POST, OPTIONS")
                       : error_reply(Error(ErrorCode::kInvalid, "only OPTIONS takes * in place of a path"));
    return match;
  }
  const auto found = by_path_.find(path);
  if (found == by_path_.end()) {
    match.answer = unknown_path(path);
    return match;
  }
  match.path = found->first;
  const Method wanted = method == Method::kHead ? Method::kGet : method;
  for (const auto& route : found->second) {
    if (route.method == wanted) match.route = &route;
  }
  if (match.route != nullptr) return match;
  std::string allowed = allow(found->second);
  if (method == Method::kOptions) {
    match.answer = options_reply(std::move(allowed));
    return match;
  }
  match.answer = error_reply(Error(ErrorCode::kMethodNotAllowed, "this method is not allowed on " + found->first)
                                 .with_hint("use " + allowed));
  match.answer.headers.emplace_back("Allow", std::move(allowed));
  return match;
}

}  // namespace pai::http
