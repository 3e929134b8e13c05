#include "common/service/process_metrics.h"

#include <dirent.h>
#include <unistd.h>

#include <fstream>
#include <memory>
#include <optional>
#include <string>

namespace pai::service {
namespace {

struct CloseFolder {
  void operator()(DIR* folder) const { ::closedir(folder); }
};

std::optional<double> resident_bytes() {
  std::ifstream file("/proc/self/statm");
  double total_pages = 0;
  double resident_pages = 0;
  if (!(file >> total_pages >> resident_pages)) return std::nullopt;
  return resident_pages * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

std::optional<double> open_fds() {
  const std::unique_ptr<DIR, CloseFolder> folder(::opendir("/proc/self/fd"));
  if (!folder) return std::nullopt;
  double count = 0;
  while (const dirent* entry = ::readdir(folder.get())) count += entry->d_name[0] != '.';
  return count - 1;  // the one that reads the folder
}

/// Seconds since the epoch: boot time plus field 22 of proc(5)'s stat.
std::optional<double> start_time_seconds() {
  std::ifstream stat_file("/proc/self/stat");
  std::string stat;
  if (!std::getline(stat_file, stat)) return std::nullopt;
  // The second field is the program's name in parentheses and may hold anything: count from its end.
  const std::size_t name_end = stat.rfind(')');
  if (name_end == std::string::npos) return std::nullopt;
  std::size_t at = name_end + 2;
  for (int field = 3; field < 22; ++field) {
    at = stat.find(' ', at);
    if (at == std::string::npos) return std::nullopt;
    ++at;
  }
  const double ticks = std::strtod(stat.c_str() + at, nullptr);
  std::ifstream system("/proc/stat");
  for (std::string word; system >> word;) {
    double boot_seconds = 0;
    if (word == "btime" && system >> boot_seconds) return boot_seconds + ticks / static_cast<double>(::sysconf(_SC_CLK_TCK));
  }
  return std::nullopt;
}

}  // namespace

void describe_process_metrics(Metrics& metrics) {
  metrics.describe("pai_process_resident_bytes", "Resident memory of this process.");
  metrics.describe("pai_process_open_fds", "Open file descriptors of this process.");
  metrics.describe("pai_process_start_time_seconds", "When this process started, in seconds since the epoch.");
}

void refresh_process_metrics(Metrics& metrics) {
  // What /proc does not show (in a sandbox) is left out of the scrape.
  if (const auto bytes = resident_bytes()) metrics.set("pai_process_resident_bytes", {}, *bytes);
  if (const auto count = open_fds()) metrics.set("pai_process_open_fds", {}, *count);
  if (const auto seconds = start_time_seconds()) metrics.set("pai_process_start_time_seconds", {}, *seconds);
}

}  // namespace pai::service
