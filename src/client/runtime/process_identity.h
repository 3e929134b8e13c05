#pragma once

#include <optional>
#include <string_view>

#include "common/base/result.h"
#include "common/task/reports.h"

namespace pai::client {

/// This process: boot id, pid and start time. kIo when /proc cannot be read.
Result<task::ProcessIdentity> own_process_identity();

/// Field 22 of a /proc/<pid>/stat line; the program's name in it may hold spaces and parentheses.
std::optional<std::uint64_t> start_time_of(std::string_view stat_line);

}  // namespace pai::client
