#pragma once

#include "common/base/result.h"

namespace pai::client {

/// Forbids this process, all its threads, the system calls that a computation has no use for: they fail with EPERM. False when
/// the kernel has no seccomp, or this machine's architecture is unknown here. PR_SET_NO_NEW_PRIVS was set before.
Result<bool> filter_system_calls();

}  // namespace pai::client
