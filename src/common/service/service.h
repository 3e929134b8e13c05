#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "common/base/result.h"

namespace pai::service {

/// sd_notify: READY=1, RELOADING=1, STOPPING=1, STATUS=…; nothing without NOTIFY_SOCKET.
void notify_ready(std::string_view status);
void notify_reloading();
void notify_stopping(std::string_view status);
void notify_status(std::string_view status);

/// What a daemon does when signals arrive; each runs on the thread that called `run_until_stopped`.
struct SignalActions {
  std::function<void()> reload = {};                        ///< SIGHUP
  std::function<bool()> alive = [] { return true; };        ///< asked before each watchdog ping
  std::function<void()> hourly = {};                        ///< and once at the start
};

/// Blocks SIGTERM, SIGINT, SIGHUP and ignores SIGPIPE in the whole process; called first in main, before threads.
void block_signals();
/// Waits for signals, pings systemd's watchdog at half its interval, returns after SIGTERM or SIGINT.
void run_until_stopped(const SignalActions& actions);

/// No core dumps, no ptrace by the same user: secrets live in this process.
void harden_process();

}  // namespace pai::service
