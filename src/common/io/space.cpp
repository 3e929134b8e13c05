#include "common/io/space.h"

#include <sys/statvfs.h>

#include <cerrno>

#include "common/base/error.h"

namespace pai::io {

Result<Space> space_of(int folder_fd) {
  struct statvfs status {};
  while (::fstatvfs(folder_fd, &status) != 0) {
    if (errno != EINTR) return errno_error("cannot ask for the space of a file system", errno);
  }
  const auto blocks = [&](auto count) { return static_cast<std::uint64_t>(count) * status.f_frsize; };
  return Space{.free = blocks(status.f_bavail), .used = blocks(status.f_blocks - status.f_bfree)};
}

}  // namespace pai::io
