#include "master/users.h"

#include "master/lifecycle.h"  // unix_seconds

namespace pai::master {
namespace {

constexpr double kSecondsPerDay = 86'400;

Error unknown(const std::string& name) { return Error(ErrorCode::kNotFound, "there is no user '" + name + "'"); }

}  // namespace

Result<std::unique_ptr<Users>> Users::open(Store& store) {
  std::unique_ptr<Users> users(new Users(store));
  PAI_ASSIGN(const auto stored, store.users());
  for (const auto& user : stored) {
    users->name_of_token_[user.token_id] = user.name;
    users->by_name_[user.name] = user;
  }
  return users;
}

bool Users::any() const {
  const std::lock_guard lock(mutex_);
  return !by_name_.empty();
}

std::vector<UserRecord> Users::list() const {
  const std::lock_guard lock(mutex_);
  std::vector<UserRecord> all;
  for (const auto& [name, user] : by_name_) all.push_back(user);
  return all;
}

std::optional<UserRecord> Users::find(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? std::nullopt : std::optional(found->second);
}

Result<Users::Made> Users::add(const std::string& name, access::Role role, int days, const std::string& created_by) {
  PAI_TRY(access::check_user_name(name));
  const std::lock_guard one(writing_);
  if (const auto present = find(name); present && present->revoked_at == 0) {
    return Error(ErrorCode::kConflict, "there is a user '" + name + "'")
        .with_hint("renew it for a new token, or revoke it first");
  }
  return store_new({.name = name, .role = role, .created_by = created_by}, days);
}

Result<Users::Made> Users::renew(const std::string& name, int days, const std::string& created_by) {
  PAI_TRY(access::check_user_name(name));
  const std::lock_guard one(writing_);
  const auto present = find(name);
  if (!present) return unknown(name);
  if (present->revoked_at != 0) {
    return Error(ErrorCode::kConflict, "user '" + name + "' was revoked").with_hint("add it anew");
  }
  return store_new({.name = name, .role = present->role, .created_by = created_by}, days);
}

Result<Users::Made> Users::store_new(UserRecord user, int days) {
  access::Token token = access::make_token();
  {
    const std::lock_guard lock(mutex_);
    while (name_of_token_.contains(token.id)) token = access::make_token();
  }
  user.token_id = token.id;
  user.token_hash = access::token_hash(token.text);
  user.created_at = unix_seconds();
  user.expires_at = user.created_at + days * kSecondsPerDay;
  PAI_TRY(store_.put_user(user));
  const std::lock_guard lock(mutex_);
  auto& known = by_name_[user.name];
  if (!known.token_id.empty()) name_of_token_.erase(known.token_id);
  known = user;
  name_of_token_[user.token_id] = user.name;
  return Made{std::move(user), std::move(token.text)};
}

Result<UserRecord> Users::revoke(const std::string& name) {
  PAI_TRY(access::check_user_name(name));
  const std::lock_guard one(writing_);
  auto present = find(name);
  if (!present) return unknown(name);
  if (present->revoked_at != 0) return *present;
  present->revoked_at = unix_seconds();
  PAI_TRY(store_.put_user(*present));
  const std::lock_guard lock(mutex_);
  by_name_[name] = *present;
  return *present;
}

Users::Verdict Users::check(std::string_view token, double now) const {
  const auto id = access::token_id(token);
  const auto hash = access::token_hash(token);
  UserRecord user;
  {
    const std::lock_guard lock(mutex_);
    const auto name = id ? name_of_token_.find(*id) : name_of_token_.end();
    if (name != name_of_token_.end()) user = by_name_.at(name->second);
  }
  const std::string expected = user.token_hash.empty() ? std::string(hash.size(), '-') : user.token_hash;
  if (!access::same_hash(hash, expected)) return {};
  if (user.revoked_at != 0) return {Verdict::Kind::kRevoked, std::move(user)};
  if (now >= user.expires_at) return {Verdict::Kind::kExpired, std::move(user)};
  return {Verdict::Kind::kGood, std::move(user)};
}

access::Role Users::role_of(std::string_view token_id, double now) const {
  const std::lock_guard lock(mutex_);
  const auto name = name_of_token_.find(std::string(token_id));
  if (name == name_of_token_.end()) return access::Role::kNone;
  const auto& user = by_name_.at(name->second);
  return user.revoked_at != 0 || now >= user.expires_at ? access::Role::kNone : user.role;
}

}  // namespace pai::master
