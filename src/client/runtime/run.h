#pragma once

#include <filesystem>

#include "client/runtime/context.h"

namespace pai::client {

/// Exit codes of pai-client; the report in state.json says more.
enum class ExitCode : int {
  kFinished = 0,
  kFailed = 1,    ///< the role failed, or the task file is no good
  kUsage = 2,     ///< the command line is wrong
  kStopped = 3,   ///< SIGTERM or SIGINT came and the role ended because of it
};

/// Runs the client that a task.json describes: from reading it to the final report in state.json beside it. `role_of`
/// gives the role of a client type, or nullptr. Takes over the process: signals, umask, log. Call it from main, before
/// any thread.
ExitCode run_client(const std::filesystem::path& task_file, Role (*role_of)(task::ClientType));

}  // namespace pai::client
