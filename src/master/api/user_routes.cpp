#include "common/base/text.h"
#include "common/base/time.h"
#include "master/api/routes.h"
#include "master/status_document.h"

namespace pai::master::api {
namespace {

using http::Method;
using http::Request;

constexpr int kDaysMax = 3'650;
constexpr int kDaysUsual = 90;

Result<access::Role> asked_role(const Request& request) {
  PAI_ASSIGN(const auto text, request.required("role"));
  const auto role = access::role_from_name(text);
  if (role && *role != access::Role::kNone) return *role;
  return Error(ErrorCode::kInvalid, "role: \"" + printable(text, 40) + "\" is none of viewer, operator, admin");
}

Result<int> asked_days(const Request& request) {
  PAI_ASSIGN(const auto days, integer_parameter(request, "expires_days", kDaysUsual, 1, kDaysMax));
  return static_cast<int>(days);
}

nlohmann::json document_of(const UserRecord& user) {
  return {{"name", user.name},
          {"role", access::role_name(user.role)},
          {"token_id", user.token_id},
          {"created_by", user.created_by.empty() ? nlohmann::json() : nlohmann::json(user.created_by)},
          {"created_at", time_or_null(user.created_at)},
          {"expires_at", time_or_null(user.expires_at)},
          {"revoked_at", time_or_null(user.revoked_at)}};
}

/// The only answer that ever holds a token.
nlohmann::json document_of(const Users::Made& made) {
  return {{"msg", "keep the token: it is not shown again"}, {"user", document_of(made.user)}, {"token", made.token}};
}

Result<nlohmann::json> add(Users& users, const Request& request) {
  PAI_ASSIGN(const auto name, request.required("name"));
  PAI_ASSIGN(const auto role, asked_role(request));
  PAI_ASSIGN(const int days, asked_days(request));
  PAI_ASSIGN(const auto made, users.add(name, role, days, request.caller.name));
  return document_of(made);
}

Result<nlohmann::json> renew(Users& users, const Request& request) {
  PAI_ASSIGN(const auto name, request.required("name"));
  PAI_ASSIGN(const int days, asked_days(request));
  PAI_ASSIGN(const auto made, users.renew(name, days, request.caller.name));
  return document_of(made);
}

Result<nlohmann::json> revoke(Users& users, const Request& request) {
  PAI_ASSIGN(const auto name, request.required("name"));
  PAI_ASSIGN(const auto user, users.revoke(name));
  return nlohmann::json{{"msg", "revoked"}, {"user", document_of(user)}};
}

Result<nlohmann::json> list(Users& users, const Request&) {
  nlohmann::json all = nlohmann::json::array();
  for (const auto& user : users.list()) all.push_back(document_of(user));
  return nlohmann::json{{"msg", std::to_string(all.size()) + " users"}, {"users", std::move(all)}};
}

/// With each call: who asks, and what that one may do.
Result<nlohmann::json> who_am_i(Users&, const Request& request) {
  const auto& caller = request.caller;
  return nlohmann::json{{"msg", access::role_name(caller.role)},
                        {"name", caller.name.empty() ? nlohmann::json() : nlohmann::json(caller.name)},
                        {"role", access::role_name(caller.role)},
                        {"credential", caller.credential}};
}

}  // namespace

std::vector<DeclaredRoute> user_routes(Context& context) {
  auto& users = context.users;
  const auto route = [&](Method method, std::string path, std::vector<std::string_view> parameters, access::Role role,
                         auto work) {
    return DeclaredRoute{.methods = {method},
                         .path = std::move(path),
                         .parameters = std::move(parameters),
                         .role = role,
                         .mutates = method == Method::kPost,
                         .handler = [&users, work](const Request& request) { return to_reply(work(users, request)); }};
  };
  using access::Role;
  return {
      route(Method::kPost, "/addUser", {"name", "role", "expires_days"}, Role::kAdmin, add),
      route(Method::kPost, "/renewUser", {"name", "expires_days"}, Role::kAdmin, renew),
      route(Method::kPost, "/revokeUser", {"name"}, Role::kAdmin, revoke),
      route(Method::kGet, "/listUsers", {}, Role::kAdmin, list),
      route(Method::kGet, "/whoAmI", {}, Role::kViewer, who_am_i),
  };
}

}  // namespace pai::master::api
