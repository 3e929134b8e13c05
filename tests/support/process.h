#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace pai::test {

/// A child of the test, output in a file. Killed and reaped on destruction.
class Process {
 public:
  /// `environment` is added to ours, e.g. `NOTIFY_SOCKET=/…`.
  Process(const std::vector<std::string>& argv, const std::filesystem::path& log,
          const std::vector<std::string>& environment = {});
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  pid_t pid() const { return pid_; }
  void signal(int number) const;
  /// The wait status, or nothing when the process still runs after the deadline.
  std::optional<int> wait(std::chrono::milliseconds deadline);
  /// SIGKILL and reap.
  void kill();
  bool running();

 private:
  pid_t pid_ = -1;
  std::optional<int> status_;
};

/// Systemd's side of sd_notify: hears a daemon say that it is ready.
class NotifySocket {
 public:
  explicit NotifySocket(const std::filesystem::path& path);
  ~NotifySocket();
  NotifySocket(const NotifySocket&) = delete;
  NotifySocket& operator=(const NotifySocket&) = delete;

  std::string environment() const { return "NOTIFY_SOCKET=" + path_.string(); }
  /// Waits for a datagram with `READY=1`; false after the deadline or when the process ended before.
  bool await_ready(Process& process, std::chrono::milliseconds deadline) const;

 private:
  std::filesystem::path path_;
  int fd_ = -1;
};

/// A TCP port on 127.0.0.1 that nothing listened on a moment ago, and that this process has not handed out before.
int free_port();

/// Pids of processes whose command line holds this text: finds clients and orphans of one test's folder.
std::vector<pid_t> processes_with(const std::string& text);

/// Waits for a process that need not be our child to end (pidfd); false after the deadline.
bool wait_gone(pid_t pid, std::chrono::milliseconds deadline);

}  // namespace pai::test
