#include "common/io/files.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "common/base/text.h"
#include "common/io/beneath.h"
#include "common/io/content.h"

namespace pai::io {
namespace {

constexpr int kRenameRaceRetries = 32;

std::string_view kind_name(mode_t mode) {
  if (S_ISDIR(mode)) return "a folder";
  if (S_ISFIFO(mode)) return "a FIFO";
  if (S_ISCHR(mode) || S_ISBLK(mode)) return "a device";
  if (S_ISSOCK(mode)) return "a socket";
  return "no regular file";
}

}  // namespace

Fd& Fd::operator=(Fd&& other) noexcept {
  if (this != &other) {
    if (fd_ >= 0) ::close(fd_);
    fd_ = std::exchange(other.fd_, -1);
  }
  return *this;
}

Fd::~Fd() {
  if (fd_ >= 0) ::close(fd_);
}

Fd open_beneath(int folder, std::string_view relative, int flags, unsigned mode) {
  if (relative.find('\0') != std::string_view::npos) {
    errno = EINVAL;
    return Fd();
  }
  const std::string name(relative.empty() ? "." : relative);
  open_how how{};
  how.flags = static_cast<std::uint64_t>(flags | O_CLOEXEC);
  how.mode = mode;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  for (int attempt = 0;; ++attempt) {
    const long fd = ::syscall(SYS_openat2, folder, name.c_str(), &how, sizeof how);
    if (fd >= 0) return Fd(static_cast<int>(fd));
    // EAGAIN: something was renamed while the kernel walked a `..`, so it could not be sure to have stayed beneath.
    if (errno != EINTR && !(errno == EAGAIN && attempt < kRenameRaceRetries)) return Fd();
  }
}

Place place_beneath(int root, std::string_view relative, int folder_flags) {
  while (!relative.empty() && relative.back() == '/') relative.remove_suffix(1);
  const std::size_t slash = relative.rfind('/');
  const std::string_view parent = slash == std::string_view::npos ? std::string_view(".") : relative.substr(0, slash);
  const std::string_view leaf = slash == std::string_view::npos ? relative : relative.substr(slash + 1);
  if (leaf.empty() || leaf == "." || leaf == ".." || leaf.find('\0') != std::string_view::npos) {
    errno = EINVAL;
    return {};
  }
  if (slash == 0) {  // "/name": absolute, as openat2 would say
    errno = EXDEV;
    return {};
  }
  return {open_beneath(root, parent, folder_flags | O_DIRECTORY), std::string(leaf)};
}

Error beneath_error(std::string_view verb, std::string_view relative, const std::filesystem::path& root,
                    int error_number) {
  const std::string what =
      "cannot " + std::string(verb) + " '" + printable(relative, 400) + "' in " + printable(root.native(), 400);
  switch (error_number) {
    case EXDEV: return Error(ErrorCode::kInvalid, what + ": the name leads out of the folder");
    case ELOOP: return Error(ErrorCode::kInvalid, what + ": too many symbolic links");
    case EINVAL: return Error(ErrorCode::kInvalid, what + ": this is no usable name");
    case ENAMETOOLONG: return Error(ErrorCode::kInvalid, what + ": the name is too long");
    case EEXIST: return Error(ErrorCode::kConflict, what + ": it exists already");
    case ENOSPC:
    case EDQUOT: return errno_error(what, error_number).with_hint("free space on the file system of " + root.native());
    case ENOSYS:
      return errno_error(what, error_number).with_hint("openat2 is needed: Linux 5.6 or newer, not hidden by a sandbox");
    default: return errno_error(what, error_number);
  }
}

Result<Fd> as_regular_file(Fd fd, const std::function<Error(std::string)>& fault) {
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) return fault(errno_message(errno));
  if (!S_ISREG(status.st_mode)) return fault("it is " + std::string(kind_name(status.st_mode)) + ", not a regular file");
  const int flags = ::fcntl(fd.get(), F_GETFL);
  if (flags < 0 || ::fcntl(fd.get(), F_SETFL, flags & ~O_NONBLOCK) != 0) return fault(errno_message(errno));
  return fd;
}

Result<std::string> read_content(int fd, std::size_t bytes_max, const std::string& what) {
  std::string content;
  struct stat status {};
  if (::fstat(fd, &status) == 0 && status.st_size > 0) {
    if (static_cast<std::uint64_t>(status.st_size) > bytes_max) {
      return Error(ErrorCode::kTooLarge, what + ": it has " + with_thousands(static_cast<std::uint64_t>(status.st_size)) +
                                             " bytes, more than " + with_thousands(bytes_max));
    }
    content.reserve(static_cast<std::size_t>(status.st_size));
  }
  char buffer[16'384];
  while (true) {
    const ssize_t got = ::read(fd, buffer, sizeof buffer);
    if (got == 0) return content;
    if (got < 0) {
      if (errno == EINTR) continue;
      return errno_error(what, errno);
    }
    content.append(buffer, static_cast<std::size_t>(got));
    if (content.size() > bytes_max) {  // it grew while it was read
      return Error(ErrorCode::kTooLarge, what + ": it has more than " + with_thousands(bytes_max) + " bytes");
    }
  }
}

Result<std::string> read_file(const std::filesystem::path& path, std::size_t bytes_max) {
  const std::string what = "cannot read '" + printable(path.native(), 400) + "'";
  if (path.native().find('\0') != std::string::npos) return Error(ErrorCode::kInvalid, what + ": the name holds a NUL");
  Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!fd.valid()) return errno_error(what, errno);
  PAI_ASSIGN(const Fd file, as_regular_file(std::move(fd), [&](const std::string& why) {
    return Error(ErrorCode::kInvalid, what + ": " + why);
  }));
  return read_content(file.get(), bytes_max, what);
}

Status write_all(int fd, std::string_view bytes, std::string_view name) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      const int fault = errno;
      auto error = errno_error("cannot write '" + printable(name, 400) + "'", fault);
      if (fault == ENOSPC || fault == EDQUOT) return std::move(error).with_hint("free space on its file system");
      return error;
    }
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

Result<std::uint64_t> free_bytes(int folder_fd) {
  struct statvfs status {};
  while (::fstatvfs(folder_fd, &status) != 0) {
    if (errno != EINTR) return errno_error("cannot ask for the free space of a file system", errno);
  }
  return static_cast<std::uint64_t>(status.f_bavail) * status.f_frsize;
}

}  // namespace pai::io
