// Users of the master and their tokens' hashes in master.db.
#include <string>

#include "common/access/role.h"
#include "master/store.h"

namespace pai::master {

using store::as_real;
using store::as_text;
using store::Connection;

Result<std::vector<UserRecord>> Store::users() {
  PAI_ASSIGN(const auto rows, database_->query("SELECT name, role, token_id, token_hash, created_by, created_at, expires_at, "
                                               "revoked_at FROM users ORDER BY name"));
  std::vector<UserRecord> found;
  for (const auto& row : rows) {
    const auto role = access::role_from_name(as_text(row[1]));
    if (!role) return Error(ErrorCode::kInternal, "master.db has an unreadable user");
    found.push_back({.name = as_text(row[0]),
                     .role = *role,
                     .token_id = as_text(row[2]),
                     .token_hash = as_text(row[3]),
                     .created_by = as_text(row[4]),
                     .created_at = as_real(row[5]),
                     .expires_at = as_real(row[6]),
                     .revoked_at = as_real(row[7])});
  }
  return found;
}

Status Store::put_user(const UserRecord& user) {
  return write("the user", [&](Connection& db) -> Status {
    PAI_TRY(db.run("INSERT OR REPLACE INTO users(name, role, token_id, token_hash, created_by, created_at, expires_at, "
                   "revoked_at) VALUES(?, ?, ?, ?, ?, ?, ?, ?)",
                   {user.name, std::string(access::role_name(user.role)), user.token_id, user.token_hash,
                    user.created_by, user.created_at, user.expires_at, user.revoked_at}));
    return {};
  });
}

}  // namespace pai::master
