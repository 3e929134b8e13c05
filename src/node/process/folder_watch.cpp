#include "node/process/folder_watch.h"

#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace pai::node::process {

Result<std::unique_ptr<FolderWatch>> FolderWatch::make(Loop& loop) {
  io::Fd inotify(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  if (!inotify.valid()) {
    return errno_error("cannot watch folders", errno).with_hint("see fs.inotify.max_user_instances (sysctl)");
  }
  const int fd = inotify.get();
  std::unique_ptr<FolderWatch> watch(new FolderWatch(loop, std::move(inotify)));
  PAI_ASSIGN(watch->token_, loop.on_readable(fd, [raw = watch.get()] { raw->read_events(); }));
  return watch;
}

FolderWatch::~FolderWatch() {
  loop_.cancel(token_);
}

Status FolderWatch::watch(const std::string& folder, OnMovedIn on_moved_in) {
  const std::lock_guard lock(mutex_);
  const int descriptor = ::inotify_add_watch(inotify_.get(), folder.c_str(), IN_MOVED_TO | IN_ONLYDIR);
  if (descriptor < 0) {
    return errno_error("cannot watch '" + folder + "'", errno)
        .with_hint("see fs.inotify.max_user_watches (sysctl)");
  }
  callbacks_[descriptor] = std::make_shared<OnMovedIn>(std::move(on_moved_in));
  descriptors_[folder] = descriptor;
  return {};
}

void FolderWatch::unwatch(const std::string& folder) {
  const std::lock_guard lock(mutex_);
  const auto found = descriptors_.find(folder);
  if (found == descriptors_.end()) return;
  (void)::inotify_rm_watch(inotify_.get(),
                           found->second);  // fails when the folder is gone, and the watch with it
  callbacks_.erase(found->second);
  descriptors_.erase(found);
}

void FolderWatch::read_events() {
  alignas(inotify_event) std::array<char, 16 * 1024> buffer{};
  const ssize_t size = ::read(inotify_.get(), buffer.data(), buffer.size());
  if (size <= 0) return;  // EAGAIN, EINTR: the loop calls again while there is something
  for (ssize_t at = 0; at < size;) {
    inotify_event event{};
    std::memcpy(&event, buffer.data() + at, sizeof event);
    // The name is padded with zeros to `len`.
    const char* name = buffer.data() + at + sizeof event;
    at += static_cast<ssize_t>(sizeof event + event.len);
    if ((event.mask & IN_MOVED_TO) == 0 || event.len == 0) continue;
    std::shared_ptr<OnMovedIn> callback;
    {
      const std::lock_guard lock(mutex_);
      const auto found = callbacks_.find(event.wd);
      if (found != callbacks_.end()) callback = found->second;
    }
    if (callback) (*callback)(std::string_view(name));
  }
}

}  // namespace pai::node::process
