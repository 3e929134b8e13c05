#include "node/grant_book.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "common/base/text.h"
#include "common/io/content.h"
#include "common/io/files.h"
#include "node/entry.h"
#include "node/policy/policy_file.h"

namespace pai::node {
namespace {

constexpr std::size_t kPolicyBytesMax = std::size_t{4} << 20;

Error file_error(const std::filesystem::path& file, const std::string& why) {
  return Error(ErrorCode::kInvalid, "the policy has faults: " + file.string() + ": " + why)
      .with_detail({ErrorDetail::Kind::kFile, file.string(), why});
}

}  // namespace

Result<std::vector<policy::Grant>> read_policy_file(const std::filesystem::path& file) {
  io::Fd opened(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!opened.valid()) return file_error(file, errno_message(errno));
  PAI_ASSIGN(const io::Fd regular, io::as_regular_file(std::move(opened), [&](const std::string& why) { return file_error(file, why); }));
  struct stat status {};
  if (::fstat(regular.get(), &status) != 0) return file_error(file, errno_message(errno));
  if (status.st_uid != ::geteuid() && status.st_uid != 0) return file_error(file, "belongs to another user: chown it");
  if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0) return file_error(file, "can be written by others: chmod go-w");
  auto text = io::read_content(regular.get(), kPolicyBytesMax, file.string());
  if (!text.ok()) return file_error(file, text.error().message());
  return policy::read_policy(file.string(), *text);
}

Result<std::unique_ptr<GrantBook>> GrantBook::open(Source source, Store& store) {
  std::unique_ptr<GrantBook> book(new GrantBook(std::move(source), store));
  PAI_ASSIGN(book->stored_, store.grants());
  PAI_ASSIGN(book->ever_made_, store.has_grants());
  if (book->source_.policy.empty()) return book;
  book->seen_ = book->stamp();
  PAI_ASSIGN(book->in_file_, book->read_file());
  return book;
}

GrantBook::Stamp GrantBook::stamp() const {
  struct stat status {};
  if (::stat(source_.policy.c_str(), &status) != 0) return {};
  const auto nanoseconds = [](const timespec& time) { return time.tv_sec * 1'000'000'000 + time.tv_nsec; };
  return {static_cast<std::int64_t>(status.st_dev), static_cast<std::int64_t>(status.st_ino), status.st_size,
          nanoseconds(status.st_mtim), nanoseconds(status.st_ctim)};
}

Result<std::vector<policy::Grant>> GrantBook::read_file() const {
  PAI_ASSIGN(auto grants, read_policy_file(source_.policy));
  std::vector<ErrorDetail> details;
  for (const auto& grant : grants) {
    const bool taken = std::any_of(stored_.begin(), stored_.end(), [&](const auto& other) { return other.name == grant.name; });
    if (taken) {
      details.push_back({ErrorDetail::Kind::kFile, source_.policy.string(),
                         "the name '" + grant.name + "' is that of a grant made with paictl: choose another, or revoke that"});
    }
  }
  if (details.empty()) return grants;
  std::string message = "the policy has faults: " + details.front().message;
  return Error(ErrorCode::kInvalid, std::move(message)).with_details(std::move(details));
}

std::vector<policy::Grant> GrantBook::all() const {
  std::vector<policy::Grant> grants = in_file_;
  grants.insert(grants.end(), stored_.begin(), stored_.end());
  return grants;
}

bool GrantBook::enforced() const {
  const std::lock_guard lock(mutex_);
  return source_.identities || !source_.policy.empty() || ever_made_;
}

Result<policy::Allowed> GrantBook::decide(const policy::Request& request, const Run& run) const {
  if (!enforced()) return policy::Allowed{};
  PAI_ASSIGN(const auto uses, store_.uses(run.task_name, run.run_id));
  const std::lock_guard lock(mutex_);
  return policy::decide(request, all(), uses, static_cast<std::int64_t>(now()));
}

Result<policy::Allowed> GrantBook::decide_by(const std::string& name, const policy::Request& request, const Run& run) const {
  PAI_ASSIGN(const auto uses, store_.uses(run.task_name, run.run_id));
  const std::lock_guard lock(mutex_);
  auto grants = all();
  std::erase_if(grants, [&](const auto& grant) { return grant.name != name; });
  if (grants.empty()) return Error(ErrorCode::kDenied, "the data owner revoked grant '" + name + "', on which it rested");
  return policy::decide(request, grants, uses, static_cast<std::int64_t>(now()));
}

bool GrantBook::asks_for_hash(const policy::Request& request) const {
  if (request.raw.empty()) return false;
  const std::lock_guard lock(mutex_);
  const auto grants = all();
  return std::any_of(grants.begin(), grants.end(), [&](const auto& grant) {
    return !grant.sha256.empty() && policy::is_initiator(grant, request.initiator) && policy::covers(grant.raw, request.raw);
  });
}

Result<policy::Grant> GrantBook::add(policy::Grant grant) {
  const std::lock_guard lock(mutex_);
  const bool named = !grant.name.empty();
  const auto grants = all();
  const auto taken = [&](const std::string& name) {
    return std::any_of(grants.begin(), grants.end(), [&](const auto& other) { return other.name == name; });
  };
  if (named && taken(grant.name)) return Error(ErrorCode::kConflict, "there is a grant '" + grant.name + "' at this node");
  for (int number = 1;; ++number) {
    if (!named) grant.name = "grant-" + std::to_string(number);
    if (!named && taken(grant.name)) continue;
    const Status added = store_.add_grant(grant, now());
    if (added.ok()) break;
    if (named || added.error().code() != ErrorCode::kConflict) return added.error();
  }
  stored_.push_back(grant);
  ever_made_ = true;
  return grant;
}

Status GrantBook::revoke(const std::string& name) {
  const std::lock_guard lock(mutex_);
  const bool in_file = std::any_of(in_file_.begin(), in_file_.end(), [&](const auto& grant) { return grant.name == name; });
  if (in_file) {
    return Error(ErrorCode::kConflict, "grant '" + name + "' stands in the policy file " + source_.policy.string())
        .with_hint("remove it there; the node sees the change within a second");
  }
  PAI_TRY(store_.revoke_grant(name, now()));
  std::erase_if(stored_, [&](const auto& grant) { return grant.name == name; });
  return {};
}

Result<std::vector<HeldGrant>> GrantBook::list() const {
  PAI_ASSIGN(const auto uses, store_.uses("", ""));
  const auto used = [&](const policy::Grant& grant) {
    const auto found = uses.find(grant.name);
    return found == uses.end() ? std::uint64_t{0} : found->second;
  };
  const std::lock_guard lock(mutex_);
  std::vector<HeldGrant> held;
  for (const auto& grant : in_file_) held.push_back({grant, true, used(grant)});
  for (const auto& grant : stored_) held.push_back({grant, false, used(grant)});
  return held;
}

Result<bool> GrantBook::reread(bool anew) {
  if (source_.policy.empty()) return false;
  const std::lock_guard lock(mutex_);
  const Stamp present = stamp();
  if (!anew && present == seen_) return false;
  seen_ = present;
  auto grants = read_file();
  if (!grants.ok()) {
    file_fault_ = grants.error().describe();
    return std::move(grants).error();
  }
  file_fault_.clear();
  if (*grants == in_file_) return false;
  in_file_ = *std::move(grants);
  return true;
}

std::string GrantBook::file_fault() const {
  const std::lock_guard lock(mutex_);
  return file_fault_;
}

std::optional<std::int64_t> GrantBook::next_end(std::int64_t time) const {
  const std::lock_guard lock(mutex_);
  std::optional<std::int64_t> next;
  for (const auto& grant : all()) {
    if (grant.until && *grant.until > time && (!next || *grant.until < *next)) next = grant.until;
  }
  return next;
}

}  // namespace pai::node
