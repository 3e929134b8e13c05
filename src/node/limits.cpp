#include "node/limits.h"

#include <signal.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "common/task/task_file.h"

namespace pai::node {
namespace {

struct Words {
  std::string_view name, setting, used, seen;
};

Words words_of(Limit limit) {
  switch (limit) {
    case Limit::kMemory: return {"memory", "limits.process_memory_bytes_max", "used more memory", "last seen"};
    case Limit::kTime: return {"time", "limits.run_seconds_max", "ran longer", "run"};
    case Limit::kDisk: return {"disk", "limits.disk_bytes_max", "wrote more to the disk", "last seen"};
  }
  return {};
}

std::string amount(Limit limit, double value) {
  if (limit != Limit::kTime) return bytes_text(value);
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "%.10g s", std::round(value * 10) / 10);
  return text.data();
}

double seen(const std::optional<std::uint64_t>& bytes) { return static_cast<double>(bytes.value_or(0)); }

bool died_of(const process::Outcome& outcome, int signal) { return outcome == process::Outcome(process::Signaled{signal}); }

}  // namespace

std::string_view limit_name(Limit limit) { return words_of(limit).name; }
std::string_view limit_setting(Limit limit) { return words_of(limit).setting; }

std::string bytes_text(double bytes) {
  constexpr std::array<const char*, 5> kUnits = {"bytes", "KiB", "MiB", "GiB", "TiB"};
  std::size_t unit = 0;
  while (bytes >= 1024 && unit + 1 < kUnits.size()) {
    bytes /= 1024;
    ++unit;
  }
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), unit == 0 ? "%.0f %s" : "%.4g %s", bytes, kUnits[unit]);
  return text.data();
}

std::string Excess::sentence(std::string_view node) const {
  const auto words = words_of(limit);
  std::string text;
  text.append(words.used).append(" than node '").append(node).append("' allows a client: ").append(amount(limit, used)).append(" ").append(words.seen);
  text.append(", ").append(amount(limit, allowed)).append(" allowed; ").append(words.setting).append(" in that node's configuration raises it");
  return text;
}

std::optional<Excess> excess_of(const ClientLimits& limits, const Used& used) {
  if (limits.run_seconds > 0 && used.run_seconds >= limits.run_seconds) return Excess{Limit::kTime, used.run_seconds, limits.run_seconds};
  const double disk = seen(used.disk_bytes), disk_max = static_cast<double>(limits.disk_bytes);
  if (limits.disk_bytes > 0 && disk > disk_max) return Excess{Limit::kDisk, disk, disk_max};
  return std::nullopt;
}

std::optional<Excess> excess_at_end(const ClientLimits& limits, const Used& used, const std::optional<task::ClientReport>& report,
                                    const process::Outcome& outcome) {
  const bool ended_itself = report && task::is_terminal(report->state);
  if (limits.disk_bytes > 0 && died_of(outcome, SIGXFSZ)) {
    // One file alone came to the bound: so much was written, whether it was seen or not.
    const double allowed = static_cast<double>(limits.disk_bytes);
    return Excess{Limit::kDisk, std::max(seen(used.disk_bytes), allowed), allowed};
  }
  if (limits.memory_bytes == 0) return std::nullopt;
  const Excess memory{Limit::kMemory, seen(used.memory_bytes), static_cast<double>(limits.memory_bytes)};
  if (report && report->state == task::ClientState::kFailed && report->reason.starts_with(task::kOutOfMemory)) return memory;
  if (ended_itself) return std::nullopt;
  // A library that gets no memory aborts or falls over nothing; the kernel kills. All of them happen for other reasons too: it counts
  // when much of the memory was in use.
  const bool near_it = seen(used.memory_bytes) >= 0.5 * static_cast<double>(limits.memory_bytes);
  if (near_it && (died_of(outcome, SIGABRT) || died_of(outcome, SIGSEGV) || died_of(outcome, SIGKILL) ||
                  std::holds_alternative<process::Vanished>(outcome))) {
    return memory;
  }
  return std::nullopt;
}

}  // namespace pai::node
