#include "node/process/identity.h"

#include <charconv>
#include <string_view>

#include "common/io/files.h"

namespace pai::node::process {
namespace {

// proc_pid_stat(5): fields after the command's closing parenthesis start with the third, the state.
constexpr int kStateField = 3;
constexpr int kStartTimeField = 22;

}  // namespace

Result<std::string> boot_id() {
  PAI_ASSIGN(std::string text, io::read_file("/proc/sys/kernel/random/boot_id", 256));
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

Result<std::uint64_t> start_time(pid_t pid) {
  const Error gone(ErrorCode::kNotFound, "there is no process " + std::to_string(pid));
  const auto stat = io::read_file("/proc/" + std::to_string(pid) + "/stat", 4096);
  if (!stat.ok()) return gone;
  // The command may hold spaces and parentheses of its own: the last one closes it.
  const std::string_view text = *stat;
  const auto close = text.rfind(')');
  if (close == std::string_view::npos) return gone;
  std::string_view rest = text.substr(close + 1);
  for (int field = kStateField; !rest.empty(); ++field) {
    rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
    const std::string_view word = rest.substr(0, rest.find(' '));
    if (field == kStateField && (word == "Z" || word == "X" || word == "x")) return gone;
    if (field == kStartTimeField) {
      std::uint64_t ticks = 0;
      const auto [end, fault] = std::from_chars(word.data(), word.data() + word.size(), ticks);
      if (fault != std::errc() || end != word.data() + word.size()) return gone;
      return ticks;
    }
    rest.remove_prefix(word.size());
  }
  return gone;
}

bool is_running(const task::ProcessIdentity& identity) {
  if (identity.pid <= 0) return false;
  const auto boot = boot_id();
  if (!boot.ok() || *boot != identity.boot_id) return false;
  const auto started = start_time(static_cast<pid_t>(identity.pid));
  return started.ok() && *started == identity.start_time;
}

}  // namespace pai::node::process
