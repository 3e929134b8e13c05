#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>

namespace pai::node::process {

/// What a process's memory is counted by.
enum class Memory {
  kData,      ///< private writable pages that it has asked for: what RLIMIT_DATA bounds
  kResident,  ///< pages that it has in memory: about what a control group counts
};

/// Bytes; nothing when the process is gone.
std::optional<std::uint64_t> memory_of(pid_t pid, Memory what);

/// Bytes that the files below the folder take up on the disk. Symlinks are not followed. A folder that is not there takes none.
/// Nothing when it cannot be read, or has more than `entries_max` entries.
std::optional<std::uint64_t> disk_of(const std::filesystem::path& folder, std::size_t entries_max = 100'000);

}  // namespace pai::node::process
