#include "node/process/measure.h"

#include <sys/stat.h>

#include <fstream>
#include <string>
#include <system_error>

namespace pai::node::process {

std::optional<std::uint64_t> memory_of(pid_t pid, Memory what) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  const std::string_view key = what == Memory::kData ? "VmData:" : "VmRSS:";
  std::string word;
  std::uint64_t kibibytes = 0;
  while (status >> word) {
    if (word == key && status >> kibibytes) return kibibytes * 1024;
  }
  return std::nullopt;
}

std::optional<std::uint64_t> disk_of(const std::filesystem::path& folder, std::size_t entries_max) {
  namespace fs = std::filesystem;
  constexpr std::uint64_t kBlockBytes = 512;  // of st_blocks, whatever the file system's own are
  std::error_code fault;
  if (!fs::exists(folder, fault)) return fault ? std::nullopt : std::optional<std::uint64_t>(0);
  std::uint64_t bytes = 0;
  std::size_t entries = 0;
  fs::recursive_directory_iterator entry(folder, fault), end;
  for (; !fault && entry != end; entry.increment(fault)) {
    if (++entries > entries_max) return std::nullopt;
    struct stat status {};
    // A file that went meanwhile takes nothing up.
    if (::lstat(entry->path().c_str(), &status) == 0) bytes += static_cast<std::uint64_t>(status.st_blocks) * kBlockBytes;
  }
  // A folder that went while it was read is no fault of the client's; the next look sees what there is.
  if (fault && fault != std::errc::no_such_file_or_directory) return std::nullopt;
  return bytes;
}

}  // namespace pai::node::process
