#pragma once

#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/task/task_file.h"

namespace pai::client {

/// What a process may do from now on with files. Paths that don't exist are left out.
struct FileAccess {
  std::vector<std::string> writable;  ///< folders: everything below may be read, made, changed and removed
  std::vector<std::string> readable;  ///< files, or folders with everything below
};

/// How far the confinement went.
struct Confinement {
  int landlock_abi = 0;  ///< 0: this kernel has none, and files are as open as their modes
  bool seccomp = false;
};

/// Confines this process for good: no new privileges; no file but those (Landlock, where the kernel has it); and no
/// programs, processes, tracing, signals to others, mounts, keys, modules, BPF and the like (seccomp: EPERM). Descriptors
/// that are open stay. Call it while the process has one thread: Landlock binds the caller's and those it starts. kIo when a
/// part that the kernel has can't be put in place.
Result<Confinement> confine(const FileAccess& access);

/// What a client needs for its task: its folder to write, for an alignment the data sets' folder too; its own raw file, data
/// set, model and certificates to read, and what the system's libraries read.
FileAccess access_of(const task::TaskFile& task, const std::string& folder);

}  // namespace pai::client
