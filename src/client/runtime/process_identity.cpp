#include "client/runtime/process_identity.h"

#include <charconv>
#include <string>

#include <unistd.h>

#include "common/io/files.h"

namespace pai::client {

namespace {
constexpr std::size_t kProcFileBytesMax = 4096;
constexpr int kStartTimeField = 22;
constexpr int kFirstFieldAfterName = 3;
}  // namespace

std::optional<std::uint64_t> start_time_of(std::string_view stat_line) {
  const auto name_end = stat_line.rfind(')');
  if (name_end == std::string_view::npos) return std::nullopt;
  auto rest = stat_line.substr(name_end + 1);
  for (int field = kFirstFieldAfterName;; ++field) {
    const auto begin = rest.find_first_not_of(' ');
    if (begin == std::string_view::npos) return std::nullopt;
    rest.remove_prefix(begin);
    const auto word = rest.substr(0, rest.find(' '));
    if (field == kStartTimeField) {
      std::uint64_t value = 0;
      const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
      if (error != std::errc() || end == word.data()) return std::nullopt;
      return value;
    }
    rest.remove_prefix(word.size());
  }
}

Result<task::ProcessIdentity> own_process_identity() {
  PAI_ASSIGN(const auto stat, io::read_file("/proc/self/stat", kProcFileBytesMax));
  PAI_ASSIGN(auto boot_id, io::read_file("/proc/sys/kernel/random/boot_id", kProcFileBytesMax));
  const auto start_time = start_time_of(stat);
  if (!start_time) return Error(ErrorCode::kIo, "/proc/self/stat has no start time");
  while (!boot_id.empty() && boot_id.back() == '\n') boot_id.pop_back();
  return task::ProcessIdentity{boot_id, ::getpid(), *start_time};
}

}  // namespace pai::client
