#include "client/runtime/sandbox.h"

#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <string_view>
#include <utility>

#include "client/runtime/syscall_filter.h"
#include "common/io/files.h"

namespace pai::client {
namespace {

// Later than Debian 12's headers; the kernel says what it knows.
constexpr std::uint64_t kTruncate = std::uint64_t{1} << 14;  // ABI 3
constexpr std::uint64_t kIoctlDevice = std::uint64_t{1} << 15;  // ABI 5

constexpr std::uint64_t kReadFile = LANDLOCK_ACCESS_FS_READ_FILE;
constexpr std::uint64_t kRead = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
constexpr std::uint64_t kFirstAbi = (std::uint64_t{1} << 13) - 1;

/// What the ABI knows of: all of it is forbidden but where a rule allows it. Running a program is allowed nowhere.
std::uint64_t handled(int abi) {
  std::uint64_t access = kFirstAbi;
  if (abi >= 2) access |= LANDLOCK_ACCESS_FS_REFER;
  if (abi >= 3) access |= kTruncate;
  if (abi >= 5) access |= kIoctlDevice;
  return access;
}

std::uint64_t all_of_a_folder(int abi) {
  constexpr std::uint64_t kNeverNeeded = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_MAKE_CHAR |
                                         LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SOCK | kIoctlDevice;
  return handled(abi) & ~kNeverNeeded;
}

Status add_rule(int ruleset, const std::string& path, std::uint64_t access) {
  const io::Fd opened(::open(path.c_str(), O_PATH | O_CLOEXEC));
  if (!opened.valid()) {
    if (errno == ENOENT || errno == ENOTDIR || errno == EACCES) return {};  // nothing there that could be opened later
    return errno_error("cannot open '" + path + "' to confine this process to it", errno);
  }
  struct stat status {};
  if (::fstat(opened.get(), &status) != 0) return errno_error("cannot confine this process to '" + path + "'", errno);
  if (!S_ISDIR(status.st_mode)) access &= kReadFile | LANDLOCK_ACCESS_FS_WRITE_FILE | kTruncate;
  landlock_path_beneath_attr rule{};
  rule.allowed_access = access;
  rule.parent_fd = opened.get();
  if (::syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0) return {};
  return errno_error("cannot confine this process to '" + path + "'", errno);
}

Status confine_files(const FileAccess& access, int abi) {
  landlock_ruleset_attr attributes{};
  attributes.handled_access_fs = handled(abi);
  const io::Fd ruleset(static_cast<int>(::syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes, 0)));
  if (!ruleset.valid()) return errno_error("cannot make a Landlock ruleset", errno);
  for (const auto& path : access.writable) PAI_TRY(add_rule(ruleset.get(), path, all_of_a_folder(abi)));
  for (const auto& path : access.readable) PAI_TRY(add_rule(ruleset.get(), path, kRead));
  if (::syscall(SYS_landlock_restrict_self, ruleset.get(), 0) == 0) return {};
  return errno_error("cannot confine this process with Landlock", errno);
}

std::string text_setting(const task::ClientSpec& self, std::string_view name) {
  const auto found = self.settings.find(name);
  return found != self.settings.end() && found->is_string() ? found->get<std::string>() : "";
}

/// What the C library reads to resolve names, know the time and load its own parts; itself in /proc.
constexpr std::array<const char*, 17> kSystemFiles = {
    "/etc/hosts",       "/etc/resolv.conf", "/etc/nsswitch.conf", "/etc/host.conf", "/etc/gai.conf",         "/etc/services",
    "/etc/ld.so.cache", "/etc/localtime",   "/etc/ssl/openssl.cnf", "/usr/lib",     "/usr/share/zoneinfo",   "/dev/null",
    "/dev/urandom",     "/proc/self",       "/proc/cpuinfo",      "/proc/meminfo",  "/sys/devices/system/cpu"};

}  // namespace

Result<Confinement> confine(const FileAccess& access) {
  // Both filters need it, and nothing here has use for a set-uid program.
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return errno_error("cannot renounce new privileges", errno);
  Confinement confinement;
  const long abi = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  if (abi > 0) {
    confinement.landlock_abi = static_cast<int>(abi);
    PAI_TRY(confine_files(access, confinement.landlock_abi));
  }
  PAI_ASSIGN(confinement.seccomp, filter_system_calls());
  return confinement;
}

FileAccess access_of(const task::TaskFile& task, const std::string& folder) {
  FileAccess access{.writable = {folder}, .readable = {kSystemFiles.begin(), kSystemFiles.end()}};
  const auto& self = task.self();
  // An alignment puts its data set in place by a rename within the folder of all of them.
  if (!text_setting(self, "out_data_path").empty()) access.writable.push_back(task.node.datasets_root);
  const auto below = [](const std::string& root, const std::string& path) { return root + "/" + path; };
  if (const auto raw = text_setting(self, "raw_data_path"); !raw.empty()) access.readable.push_back(below(task.node.raw_root, raw));
  if (const auto data = text_setting(self, "data_path"); !data.empty()) access.readable.push_back(below(task.node.datasets_root, data));
  for (const auto& file : {task.node.model_folder, task.node.tls.certificate, task.node.tls.key, task.node.tls.trusted}) {
    if (!file.empty()) access.readable.push_back(file);
  }
  for (const auto& authority : task.node.tls.authorities) access.readable.push_back(authority.certificates);
  return access;
}

}  // namespace pai::client
