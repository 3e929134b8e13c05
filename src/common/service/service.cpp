#include "common/service/service.h"

#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <systemd/sd-daemon.h>
#include <time.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <string>

#include "common/base/text.h"
#include "common/log/log.h"

namespace pai::service {
namespace {

/// A newline would start a field of its own in the notification.
std::string status_line(std::string_view status) { return "STATUS=" + printable(status, 400); }

void notify(const std::string& message) {
  // Without NOTIFY_SOCKET 0 comes back; a manager that is gone is no fault of ours and changes nothing.
  (void)sd_notify(0, message.c_str());
}

sigset_t handled_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, signal);
  return set;
}

/// Half of systemd's watchdog interval; nothing when no watchdog waits for this process.
std::optional<std::chrono::microseconds> ping_interval() {
  std::uint64_t microseconds = 0;
  if (sd_watchdog_enabled(0, &microseconds) <= 0) return std::nullopt;
  return std::chrono::microseconds(std::max<std::uint64_t>(1, microseconds / 2));
}

std::uint64_t monotonic_us() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000 + static_cast<std::uint64_t>(now.tv_nsec) / 1'000;
}

/// The next of the handled signals, or 0 after the interval.
int wait_for_signal(std::chrono::microseconds interval) {
  const sigset_t set = handled_signals();
  while (true) {
    siginfo_t info{};
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(interval);
    timespec timeout{};
    timeout.tv_sec = seconds.count();
    timeout.tv_nsec = std::chrono::nanoseconds(interval - seconds).count();
    const int signal = ::sigtimedwait(&set, &info, &timeout);
    if (signal > 0) {
      log::info("signal received", {{"signal", signal}, {"sender_pid", static_cast<int>(info.si_pid)}});
      return signal;
    }
    if (errno == EAGAIN) return 0;
    // EINTR: a signal that isn't ours, or a debugger.
  }
}

class Watchdog {
 public:
  void ping(const std::function<bool()>& alive) {
    if (!alive || alive()) {
      notify("WATCHDOG=1");
      withheld_ = false;
    } else if (!withheld_) {
      log::error("watchdog ping withheld", {{"reason", "the daemon does not answer itself"}});
      withheld_ = true;
    }
  }

 private:
  bool withheld_ = false;  // said once, not at every interval
};

}  // namespace

void notify_ready(std::string_view status) { notify("READY=1\n" + status_line(status)); }
void notify_reloading() { notify("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(monotonic_us())); }
void notify_stopping(std::string_view status) { notify("STOPPING=1\n" + status_line(status)); }
void notify_status(std::string_view status) { notify(status_line(status)); }

void block_signals() {
  const sigset_t set = handled_signals();
  PAI_CHECK(::pthread_sigmask(SIG_BLOCK, &set, nullptr) == 0, "the signal mask could not be set");
  ::signal(SIGPIPE, SIG_IGN);
}

void run_until_stopped(const SignalActions& actions) {
  constexpr std::chrono::hours kHour(1);
  const auto interval = ping_interval();
  Watchdog watchdog;
  if (interval) watchdog.ping(actions.alive);
  auto next_hour = std::chrono::steady_clock::now();
  while (true) {
    if (actions.hourly && std::chrono::steady_clock::now() >= next_hour) {
      next_hour += kHour;
      actions.hourly();
    }
    const int signal = wait_for_signal(std::min<std::chrono::microseconds>(interval.value_or(kHour), kHour));
    if (signal == SIGTERM || signal == SIGINT) return;
    if (signal == SIGHUP) {
      notify_reloading();
      if (actions.reload) actions.reload();
      notify("READY=1");
    }
    // Signals don't starve the watchdog: it is pinged after each wait, whatever ended it.
    if (interval) watchdog.ping(actions.alive);
  }
}

void harden_process() {
  const rlimit none{0, 0};
  if (::setrlimit(RLIMIT_CORE, &none) != 0) {
    log::warning("core dumps could not be turned off", {{"reason", errno_message(errno)}});
  }
#if !defined(__SANITIZE_ADDRESS__)  // the leak checker traces its own process
  if (::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) {
    log::warning("tracing by the same user could not be turned off", {{"reason", errno_message(errno)}});
  }
#endif
}

}  // namespace pai::service
