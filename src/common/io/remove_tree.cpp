#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "common/io/beneath.h"

namespace pai::io {
namespace {

struct CloseFolder {
  void operator()(DIR* folder) const { ::closedir(folder); }
};

/// One level, by descriptor and without following a link in the last place.
Fd open_level(int folder, const std::string& name) {
  return Fd(::openat(folder, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

int list_entries(int folder, std::vector<std::string>& names) {
  names.clear();
  Fd again = open_level(folder, ".");  // a descriptor of its own: closedir closes it
  if (!again.valid()) return errno;
  std::unique_ptr<DIR, CloseFolder> entries(::fdopendir(again.get()));
  if (!entries) return errno;
  (void)again.release();
  while (true) {
    errno = 0;
    const dirent* entry = ::readdir(entries.get());
    if (entry == nullptr) return errno;
    const std::string_view name(entry->d_name);
    if (name != "." && name != "..") names.emplace_back(name);
  }
}

/// Unlinks a file, link or empty folder. 0, or an errno: ENOTEMPTY for a folder with content.
int remove_shallow(int folder, const std::string& name) {
  if (::unlinkat(folder, name.c_str(), 0) == 0 || errno == ENOENT) return 0;
  if (errno != EISDIR && errno != EPERM) return errno;  // POSIX lets unlink of a folder be EPERM
  if (::unlinkat(folder, name.c_str(), AT_REMOVEDIR) == 0 || errno == ENOENT) return 0;
  return errno == EEXIST ? ENOTEMPTY : errno;
}

/// Empties `level`; folders in it that hold something move up into `top` instead of being descended into.
int empty_level(int level, int top, std::uint64_t& moved) {
  std::vector<std::string> names;
  if (const int fault = list_entries(level, names); fault != 0) return fault;
  for (const auto& name : names) {
    const int fault = remove_shallow(level, name);
    if (fault == 0) continue;
    if (fault != ENOTEMPTY) return fault;
    while (true) {
      char place[40];
      std::snprintf(place, sizeof place, ".removed-%llu", static_cast<unsigned long long>(moved++));
      if (::renameat2(level, name.c_str(), top, place, RENAME_NOREPLACE) == 0) break;
      if (errno != EEXIST) return errno;
    }
  }
  return 0;
}

}  // namespace

// Neither recursion nor a descriptor a level: a tree of any depth is flattened into its top while it is emptied, so that
// a name of ten thousand folders costs neither stack nor descriptors, and no path is ever resolved twice.
int remove_entry(int folder, const std::string& name) {
  if (const int fault = remove_shallow(folder, name); fault != ENOTEMPTY) return fault;
  const Fd top = open_level(folder, name);
  if (!top.valid()) return errno;
  std::uint64_t moved = 0;
  std::vector<std::string> names;
  while (true) {
    if (const int fault = list_entries(top.get(), names); fault != 0) return fault;
    if (names.empty()) break;
    for (const auto& entry : names) {
      int fault = remove_shallow(top.get(), entry);
      if (fault == ENOTEMPTY) {
        {
          const Fd level = open_level(top.get(), entry);
          if (!level.valid()) return errno;
          fault = empty_level(level.get(), top.get(), moved);
        }
        if (fault == 0) fault = remove_shallow(top.get(), entry);
        if (fault == ENOTEMPTY) fault = 0;  // somebody still writes into it: the next round sees
      }
      if (fault != 0) return fault;
    }
  }
  if (::unlinkat(folder, name.c_str(), AT_REMOVEDIR) == 0 || errno == ENOENT) return 0;
  return errno;
}

}  // namespace pai::io
