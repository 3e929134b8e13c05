#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "common/base/result.h"
#include "common/task/reports.h"

namespace pai::node::process {

struct Exited {
  int code;
  bool operator==(const Exited&) const = default;
};
struct Signaled {
  int signal;
  bool operator==(const Signaled&) const = default;
};
/// It ended, and how is not known: it was not our child, but one that we adopted.
struct Vanished {
  bool operator==(const Vanished&) const = default;
};
using Outcome = std::variant<Exited, Signaled, Vanished>;

struct ResourceLimits {
  std::uint64_t open_files = 0;  ///< 0: as inherited; so are the others
  std::uint64_t data_bytes = 0;  ///< private writable memory
  std::uint64_t file_bytes = 0;  ///< of each file that it writes
  int processors = 0;            ///< that it may run on
};

struct LaunchSpec {
  std::string program;                   ///< absolute path
  std::vector<std::string> arguments;    ///< without the program's name
  std::vector<std::string> environment;  ///< the whole of it, `NAME=value`
  std::string folder;                    ///< working directory
  std::string log_file;                  ///< stdout and stderr are appended here; created 0600
  ResourceLimits limits;
};

/// One running process that outlives us. Thread-safe; every call is harmless after its end.
class Process {
 public:
  /// Lets go: the process runs on, and its end is not reported any more.
  virtual ~Process() = default;
  virtual const task::ProcessIdentity& identity() const = 0;
  /// Asks it to end (SIGTERM).
  virtual void terminate() = 0;
  /// Ends it and whatever it started in its process group (SIGKILL).
  virtual void kill() = 0;
};

/// Called once, on the loop's thread, when the process has ended and was reaped.
using OnExit = std::function<void(const Outcome&)>;

/// How a client comes to run: the seam for other ways than a local process (a systemd unit, Slurm).
class Launcher {
 public:
  /// Makes the identity durable. An error keeps the program from being run.
  using Record = std::function<Status(const task::ProcessIdentity&)>;

  virtual ~Launcher() = default;

  /// Starts the program. `record` runs when the process exists, before the program's first instruction:
  /// should we die before it returned, the program is never run. On an error no process is left; `on_exit` is
  /// not called then.
  virtual Result<std::unique_ptr<Process>> launch(const LaunchSpec& spec, const Record& record,
                                                  OnExit on_exit) = 0;

  /// Takes over a process that an earlier daemon launched. kNotFound when exactly that one does not run any
  /// more.
  virtual Result<std::unique_ptr<Process>> adopt(const task::ProcessIdentity& identity, OnExit on_exit) = 0;
};

}  // namespace pai::node::process
