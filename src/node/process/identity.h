#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "common/base/result.h"
#include "common/task/reports.h"

namespace pai::node::process {

/// The kernel's random name of this boot; the same for every process until the machine restarts.
Result<std::string> boot_id();

/// When the process started, in clock ticks since boot. kNotFound when there is none, or only a zombie: a
/// process that has ended does not count because nobody has collected it.
Result<std::uint64_t> start_time(pid_t pid);

/// True when exactly this process runs now: same boot, same pid, same start time.
bool is_running(const task::ProcessIdentity& identity);

}  // namespace pai::node::process
