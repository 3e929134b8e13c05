#include "common/service/privileges.h"

#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <system_error>

#include "common/base/text.h"

namespace pai::service {
namespace {

struct Account {
  uid_t uid = 0;
  gid_t gid = 0;
};

Result<Account> find_user(const std::string& user) {
  passwd entry{};
  passwd* found = nullptr;
  std::array<char, 16'384> texts{};
  const int fault = ::getpwnam_r(user.c_str(), &entry, texts.data(), texts.size(), &found);
  if (fault != 0) return errno_error("user '" + printable(user) + "' could not be looked up", fault);
  if (found == nullptr) return Error(ErrorCode::kInvalid, "there is no user '" + printable(user) + "' on this machine");
  if (found->pw_uid == 0) return Error(ErrorCode::kInvalid, "user is root: name another, or leave it out");
  return Account{found->pw_uid, found->pw_gid};
}

/// Makes the folder and gives it away; one that is there belongs to whoever it belongs to.
Status make_folder_for(const Account& account, const std::string& folder) {
  std::error_code fault;
  const std::filesystem::path parent = std::filesystem::path(folder).parent_path();
  std::filesystem::create_directories(parent, fault);
  if (fault) return errno_error("cannot make '" + parent.string() + "'", fault.value());
  if (::mkdir(folder.c_str(), 0700) != 0) {
    return errno == EEXIST ? Status() : Status(errno_error("cannot make '" + folder + "'", errno));
  }
  if (::chown(folder.c_str(), account.uid, account.gid) == 0) return {};
  return errno_error("cannot give '" + folder + "' to the user", errno);
}

}  // namespace

Status check_user(const std::string& user) {
  PAI_ASSIGN(const Account account, find_user(user));
  if (::geteuid() == 0 || ::geteuid() == account.uid) return {};
  return Error(ErrorCode::kDenied, "this process is neither root nor user '" + printable(user) + "'");
}

Status become_user(const std::string& user, const std::vector<std::string>& folders) {
  PAI_TRY(check_user(user));
  PAI_ASSIGN(const Account account, find_user(user));
  if (::geteuid() == account.uid && ::getuid() == account.uid) return {};
  for (const auto& folder : folders) PAI_TRY(make_folder_for(account, folder));
  const std::string what = "cannot become user '" + printable(user) + "'";
  // Groups first: afterwards there is no right to change them.
  if (::initgroups(user.c_str(), account.gid) != 0 || ::setresgid(account.gid, account.gid, account.gid) != 0 ||
      ::setresuid(account.uid, account.uid, account.uid) != 0) {
    return errno_error(what, errno);
  }
  uid_t real = 0, effective = 0, saved = 0;
  gid_t real_group = 0, effective_group = 0, saved_group = 0;
  const bool done = ::getresuid(&real, &effective, &saved) == 0 && ::getresgid(&real_group, &effective_group, &saved_group) == 0 &&
                    real == account.uid && effective == account.uid && saved == account.uid && real_group == account.gid &&
                    effective_group == account.gid && saved_group == account.gid;
  if (!done || ::setuid(0) == 0 || ::seteuid(0) == 0) return Error(ErrorCode::kDenied, what + ": a way back to root was left");
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return errno_error("cannot renounce new privileges", errno);
  return {};
}

}  // namespace pai::service
