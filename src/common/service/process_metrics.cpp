#include "common/service/process_metrics.h"

#include <dirent.h>
#include <time.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <memory>
#include <optional>
#include <string>

namespace pai::service {
namespace {

struct CloseFolder {
  void operator()(DIR* folder) const { ::closedir(folder); }
};

double clock_seconds(clockid_t clock) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

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

/// Seconds since the epoch: field 22 of proc(5)'s stat counts from boot. The two clocks give boot's time, since the
/// system-wide files of /proc are hidden by some sandboxes (ProcSubset=pid).
std::optional<double> start_time_seconds() {
  std::ifstream file("/proc/self/stat");
  std::string stat;
  if (!std::getline(file, stat)) return std::nullopt;
  // The second field is the program's name in parentheses and may hold anything: count from its end.
  const std::size_t name_end = stat.rfind(')');
  if (name_end == std::string::npos) return std::nullopt;
  std::size_t at = name_end + 2;
  for (int field = 3; field < 22; ++field) {
    at = stat.find(' ', at);
    if (at == std::string::npos) return std::nullopt;
    ++at;
  }
  const double since_boot = std::strtod(stat.c_str() + at, nullptr) / static_cast<double>(::sysconf(_SC_CLK_TCK));
  return clock_seconds(CLOCK_REALTIME) - clock_seconds(CLOCK_BOOTTIME) + since_boot;
}

}  // namespace

void describe_process_metrics(Metrics& metrics) {
  using Kind = Metrics::Kind;
  metrics.describe("pai_process_resident_bytes", Kind::kGauge, "Resident memory of this process.");
  metrics.describe("pai_process_open_fds", Kind::kGauge, "Open file descriptors of this process.");
  metrics.describe("pai_process_cpu_seconds_total", Kind::kCounter, "Processor time that this process used.");
  metrics.describe("pai_process_start_time_seconds", Kind::kGauge, "When this process started, in seconds since the epoch.");
}

void refresh_process_metrics(Metrics& metrics) {
  // What /proc does not show (in a sandbox) is left out of the scrape.
  if (const auto bytes = resident_bytes()) metrics.set("pai_process_resident_bytes", {}, *bytes);
  if (const auto count = open_fds()) metrics.set("pai_process_open_fds", {}, *count);
  metrics.raise_to("pai_process_cpu_seconds_total", {}, clock_seconds(CLOCK_PROCESS_CPUTIME_ID));
  static const auto kStart = start_time_seconds();  // once: later the clock may have been set
  if (kStart) metrics.set("pai_process_start_time_seconds", {}, *kStart);
}

}  // namespace pai::service
