#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "common/access/token.h"
#include "master/record.h"
#include "master/store.h"

namespace pai::master {

/// The users that have tokens: in memory, so that a request is judged without the disk, and in master.db. A change holds
/// from the moment it is stored. Any thread may call; `check` waits for no disk.
class Users {
 public:
  /// `store` outlives it.
  static Result<std::unique_ptr<Users>> open(Store& store);

  /// Whether a user was ever made here; one that was revoked counts, or the last revocation would open the door.
  bool any() const;
  std::vector<UserRecord> list() const;

  /// A user and its token, which nobody can read again.
  struct Made {
    UserRecord user;
    std::string token;
  };
  /// kInvalid: the name; kConflict: it is a user's that is not revoked.
  Result<Made> add(const std::string& name, access::Role role, int days, const std::string& created_by);
  /// A new token in the place of the old one, which ends at once. kNotFound; kConflict: it was revoked.
  Result<Made> renew(const std::string& name, int days, const std::string& created_by);
  /// The token ends at once. kNotFound; ok when it was revoked before.
  Result<UserRecord> revoke(const std::string& name);

  struct Verdict {
    enum class Kind { kGood, kUnknown, kExpired, kRevoked };
    Kind kind = Kind::kUnknown;
    UserRecord user = {};  ///< not set for kUnknown
  };
  /// What a presented token is worth at `now`, Unix seconds. Takes as long for one that is nearly right as for any other.
  Verdict check(std::string_view token, double now) const;
  /// The user whose token has this id, while it is worth something at `now`; kNone otherwise.
  access::Role role_of(std::string_view token_id, double now) const;

 private:
  explicit Users(Store& store) : store_(store) {}
  Result<Made> store_new(UserRecord user, int days);
  std::optional<UserRecord> find(const std::string& name) const;

  Store& store_;
  std::mutex writing_;  ///< one change at a time; held while it is stored
  mutable std::mutex mutex_;
  std::map<std::string, UserRecord> by_name_;
  std::map<std::string, std::string> name_of_token_;  ///< by its id
};

}  // namespace pai::master
