#include <fcntl.h>
#include <sys/stat.h>
#include <sys/random.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>

#include "common/base/text.h"
#include "common/io/beneath.h"
#include "common/io/content.h"
#include "common/io/files.h"

namespace pai::io {
namespace {

constexpr unsigned kFileMode = 0600;
constexpr unsigned kFolderMode = 0700;
constexpr int kFolder = O_RDONLY | O_DIRECTORY;

/// Makes the missing part of an operator-given path.
Status make_path(const std::filesystem::path& folder) {
  std::filesystem::path prefix;
  for (const auto& part : folder) {
    prefix /= part;
    if (::mkdir(prefix.c_str(), kFolderMode) == 0 || errno == EEXIST) continue;
    // A parent on a read-only or foreign file system may stand already.
    const int fault = errno;
    struct stat status {};
    if (::stat(prefix.c_str(), &status) == 0 && S_ISDIR(status.st_mode)) continue;
    return errno_error("cannot create folder '" + printable(prefix.native(), 400) + "'", fault);
  }
  return {};
}

/// Short whatever the file's own name is (255 bytes is a name's limit), and never another writer's.
std::string temporary_name() {
  std::uint64_t random = 0;
  while (::getrandom(&random, sizeof random, 0) != static_cast<ssize_t>(sizeof random)) {
  }
  char name[32];
  std::snprintf(name, sizeof name, ".tmp-%016llx", static_cast<unsigned long long>(random));
  return name;
}

int sync(int fd) {
  while (::fsync(fd) != 0) {
    if (errno != EINTR) return errno;
  }
  return 0;
}

}  // namespace

Result<Root> Root::open(const std::filesystem::path& folder, bool create) {
  const std::string what = "cannot open folder '" + printable(folder.native(), 400) + "'";
  if (folder.empty() || folder.native().find('\0') != std::string::npos) {
    return Error(ErrorCode::kInvalid, what + ": this is no usable name");
  }
  std::error_code fault;
  const auto absolute = std::filesystem::absolute(folder, fault);
  if (fault) return errno_error(what, fault.value());
  if (create) PAI_TRY(make_path(absolute));
  Fd fd(::open(absolute.c_str(), kFolder | O_CLOEXEC));
  if (!fd.valid()) return errno_error(what, errno);
  return Root(absolute.lexically_normal(), std::move(fd));
}

Result<Fd> Root::open_file(std::string_view relative) const {
  Fd fd = open_beneath(fd_.get(), relative, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  const auto fault = [&](const std::string& why) {
    return Error(ErrorCode::kInvalid,
                 "cannot open '" + printable(relative, 400) + "' in " + printable(path_.native(), 400) + ": " + why);
  };
  if (!fd.valid()) {
    if (errno == ENXIO) return fault("it is a socket, not a regular file");
    return beneath_error("open", relative, path_, errno);
  }
  return as_regular_file(std::move(fd), fault);
}

Result<Fd> Root::open_folder(std::string_view relative) const {
  Fd fd = open_beneath(fd_.get(), relative, kFolder);
  if (!fd.valid()) return beneath_error("open folder", relative, path_, errno);
  return fd;
}

Result<Fd> Root::create_file(std::string_view relative) const {
  const Place place = place_beneath(fd_.get(), relative, O_PATH);
  if (!place.folder.valid()) return beneath_error("create", relative, path_, errno);
  Fd fd = open_beneath(place.folder.get(), place.leaf, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, kFileMode);
  if (!fd.valid()) return beneath_error("create", relative, path_, errno);
  return fd;
}

Status Root::make_folders(std::string_view relative) const {
  if (relative.empty()) return {};  // the root itself
  if (relative.front() == '/') return beneath_error("create folder", relative, path_, EXDEV);
  // Each prefix is resolved from the root: a link in the middle may point sideways, but never out.
  for (std::size_t end = 0; end != std::string_view::npos;) {
    end = relative.find('/', end + 1);
    const std::string_view prefix = relative.substr(0, end);
    if (prefix.back() == '/' || prefix == ".") continue;  // "a//b", "a/", "./a"
    const Place place = place_beneath(fd_.get(), prefix, O_PATH);
    if (!place.folder.valid()) return beneath_error("create folder", relative, path_, errno);
    if (::mkdirat(place.folder.get(), place.leaf.c_str(), kFolderMode) == 0) continue;
    if (errno != EEXIST) return beneath_error("create folder", relative, path_, errno);
    if (!open_beneath(fd_.get(), prefix, O_PATH | O_DIRECTORY).valid()) {
      return beneath_error("create folder", relative, path_, errno == ENOTDIR ? EEXIST : errno);
    }
  }
  return {};
}

Result<bool> Root::exists(std::string_view relative) const {
  if (open_beneath(fd_.get(), relative, O_PATH | O_NOFOLLOW).valid()) return true;
  if (errno == ENOENT || errno == ENOTDIR) return false;
  return beneath_error("look up", relative, path_, errno);
}

Result<std::string> Root::read(std::string_view relative, std::size_t bytes_max) const {
  PAI_ASSIGN(const Fd file, open_file(relative));
  return read_content(file.get(), bytes_max,
                      "cannot read '" + printable(relative, 400) + "' in " + printable(path_.native(), 400));
}

Status Root::write_atomically(std::string_view relative, std::string_view content, bool durable) const {
  const Place place = place_beneath(fd_.get(), relative, kFolder);
  if (!place.folder.valid()) return beneath_error("write", relative, path_, errno);
  const int folder = place.folder.get();
  const std::string temporary = temporary_name();
  {
    const Fd file(::openat(folder, temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, kFileMode));
    if (!file.valid()) return beneath_error("write", relative, path_, errno);
    auto written = write_all(file.get(), content, relative);
    int fault = 0;
    if (written.ok() && durable) fault = sync(file.get());
    if (written.ok() && fault == 0 && ::renameat(folder, temporary.c_str(), folder, place.leaf.c_str()) != 0) fault = errno;
    if (!written.ok() || fault != 0) {
      (void)::unlinkat(folder, temporary.c_str(), 0);  // the first fault is the one to report
      if (!written.ok()) return std::move(written).error();
      return beneath_error("write", relative, path_, fault);
    }
  }
  if (durable) {
    if (const int fault = sync(folder); fault != 0) return beneath_error("write", relative, path_, fault);
  }
  return {};
}

Status Root::remove_tree(std::string_view relative) const {
  const Place place = place_beneath(fd_.get(), relative, O_PATH);
  if (!place.folder.valid()) {
    if (errno == ENOENT || errno == ENOTDIR) return {};
    return beneath_error("remove", relative, path_, errno);
  }
  if (const int fault = remove_entry(place.folder.get(), place.leaf); fault != 0 && fault != ENOENT) {
    return beneath_error("remove", relative, path_, fault);
  }
  return {};
}

namespace {

Status rename_beneath(const Root& root, std::string_view from, std::string_view to, unsigned flags,
                      std::string_view verb) {
  const Place source = place_beneath(root.fd(), from, O_PATH);
  if (!source.folder.valid()) return beneath_error(verb, from, root.path(), errno);
  const Place target = place_beneath(root.fd(), to, O_PATH);
  if (!target.folder.valid()) return beneath_error(verb, to, root.path(), errno);
  if (::renameat2(source.folder.get(), source.leaf.c_str(), target.folder.get(), target.leaf.c_str(), flags) == 0) {
    return {};
  }
  const int fault = errno;
  if (fault == EEXIST || fault == ENOTEMPTY) return beneath_error(verb, to, root.path(), EEXIST);
  const std::string what = "cannot " + std::string(verb) + " '" + printable(from, 400) + "' and '" + printable(to, 400) +
                           "' in " + printable(root.path().native(), 400);
  if (fault == EINVAL) {
    return errno_error(what, fault).with_hint("one holds the other, or the file system lacks renameat2's flags");
  }
  if (fault == EXDEV) return Error(ErrorCode::kIo, what + ": they lie on different file systems");
  return errno_error(what, fault);
}

}  // namespace

Status Root::rename(std::string_view from, std::string_view to) const {
  return rename_beneath(*this, from, to, RENAME_NOREPLACE, "rename");
}

Status Root::exchange(std::string_view a, std::string_view b) const {
  return rename_beneath(*this, a, b, RENAME_EXCHANGE, "exchange");
}

Status Root::sync_folder(std::string_view relative) const {
  PAI_ASSIGN(const Fd folder, open_folder(relative));
  if (const int fault = sync(folder.get()); fault != 0) return beneath_error("sync", relative, path_, fault);
  return {};
}

}  // namespace pai::io
