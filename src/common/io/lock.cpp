#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "common/base/text.h"
#include "common/io/beneath.h"
#include "common/io/content.h"
#include "common/io/files.h"

namespace pai::io {

// flock, since the lock belongs to the open file and not to the process: it ends with the last copy of the descriptor,
// which is close-on-exec, so that a launched client can't keep it. The pid inside is for people only.
Result<FolderLock> FolderLock::acquire(const Root& root, std::string_view name) {
  Fd fd = open_beneath(root.fd(), name, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0600);
  if (!fd.valid()) return beneath_error("lock", name, root.path(), errno);
  PAI_ASSIGN(fd, as_regular_file(std::move(fd), [&](const std::string& why) {
    return Error(ErrorCode::kInvalid, "cannot lock '" + printable(name, 400) + "' in " + root.path().native() + ": " + why);
  }));
  while (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EINTR) continue;
    if (errno != EWOULDBLOCK) return beneath_error("lock", name, root.path(), errno);
    std::string holder = "another process";
    if (const auto content = read_content(fd.get(), 64, "pid"); content.ok() && !content->empty()) {
      holder = "process " + printable(content->substr(0, content->find('\n')));
    }
    return Error(ErrorCode::kConflict, "the folder " + printable(root.path().native(), 400) + " is in use by " + holder)
        .with_hint("one daemon a folder: stop the other, or give this one a folder of its own");
  }
  if (::ftruncate(fd.get(), 0) != 0) return beneath_error("lock", name, root.path(), errno);
  PAI_TRY(write_all(fd.get(), std::to_string(::getpid()) + "\n", name));
  return FolderLock(std::move(fd));
}

}  // namespace pai::io
