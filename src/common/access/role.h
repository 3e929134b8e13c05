#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace pai::access {

/// What a caller may do; each includes those before it.
enum class Role {
  kNone,      ///< nothing that asks for a role
  kViewer,    ///< reads
  kOperator,  ///< creates, checks, starts, stops, retries; deletes what is its own
  kAdmin,     ///< deletes what is others', forces, makes and revokes users
};

inline constexpr std::array kRoles = {Role::kNone, Role::kViewer, Role::kOperator, Role::kAdmin};

std::string_view role_name(Role role);  ///< "none", "viewer", "operator", "admin"
std::optional<Role> role_from_name(std::string_view name);

/// Who calls, as far as was found out.
struct Caller {
  std::string name;        ///< as configured or given to the token; empty: nobody asked
  std::string credential;  ///< "token:1a2b3c4d", "certificate:sha256:…", or "none"
  Role role = Role::kNone;
};

}  // namespace pai::access
