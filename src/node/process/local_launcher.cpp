#include "node/process/local_launcher.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern "C" {
#include <sys/pidfd.h>
}

#include <array>
#include <atomic>
#include <cerrno>
#include <optional>
#include <utility>

#include "node/process/identity.h"
#include "node/process/local_process.h"

namespace pai::node::process {
namespace {

// Where the child puts its two ends of pipes before it closes all others.
constexpr int kGoFd = 3;
constexpr int kFailureFd = 4;
// Between fork and exec nothing may take long; an exec from a hanging network file system does.
constexpr int kExecTimeoutMs = 10'000;

struct Pipe {
  io::Fd read;
  io::Fd write;
};

/// Both ends lie above the numbers that the child gives away, whatever this process was started with.
Result<Pipe> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return errno_error("cannot create a pipe", errno);
  const io::Fd read(ends[0]), write(ends[1]);
  Pipe high{io::Fd(::fcntl(read.get(), F_DUPFD_CLOEXEC, kFailureFd + 1)),
            io::Fd(::fcntl(write.get(), F_DUPFD_CLOEXEC, kFailureFd + 1))};
  if (!high.read.valid() || !high.write.valid()) return errno_error("cannot create a pipe", errno);
  return high;
}

Result<io::Fd> open_high(const char* path, int flags, mode_t mode) {
  const io::Fd low(::open(path, flags | O_CLOEXEC | O_NOFOLLOW, mode));
  if (!low.valid()) return errno_error(std::string("cannot open '") + path + "'", errno);
  io::Fd high(::fcntl(low.get(), F_DUPFD_CLOEXEC, kFailureFd + 1));
  if (!high.valid()) return errno_error(std::string("cannot open '") + path + "'", errno);
  return high;
}

/// Which step of the child failed, and why; sent through the failure pipe.
struct Failure {
  enum class Step : int { kFolder, kLimits, kExec };
  Step step;
  int error_number;
};

/// All that the child needs, made before the fork: afterwards it may call async-signal-safe functions only.
struct ChildPlan {
  const char* program;
  char* const* argv;
  char* const* envp;
  const char* folder;
  int null_fd;
  int log_fd;
  int go_fd;
  int failure_fd;
  rlim_t open_files, data_bytes, file_bytes;  ///< 0: as they are
  bool bind;
  cpu_set_t processors;
};

[[noreturn]] void give_up(Failure::Step step) {
  const Failure failure{step, errno};
  (void)!::write(kFailureFd, &failure, sizeof failure);  // nobody reads: then nobody needs to know
  ::_exit(127);
}

[[noreturn]] void run_child(const ChildPlan& plan) {
  ::setsid();
  if (::dup2(plan.null_fd, 0) < 0 || ::dup2(plan.log_fd, 1) < 0 || ::dup2(plan.log_fd, 2) < 0 ||
      ::dup2(plan.go_fd, kGoFd) < 0 || ::dup2(plan.failure_fd, kFailureFd) < 0) {
    ::_exit(127);
  }
  // At once, before waiting: else children forked at the same time would hold each other's pipes open, and
  // none would notice that the daemon died.
  if (::close_range(kFailureFd + 1, ~0U, 0) != 0) ::_exit(127);
  ::fcntl(kGoFd, F_SETFD, FD_CLOEXEC);
  ::fcntl(kFailureFd, F_SETFD, FD_CLOEXEC);

  char go = 0;
  ssize_t got = 0;
  do {
    got = ::read(kGoFd, &go, 1);
  } while (got < 0 && errno == EINTR);
  if (got != 1) ::_exit(127);  // the daemon died or could not record us

  if (::chdir(plan.folder) != 0) give_up(Failure::Step::kFolder);
  ::umask(077);
  const rlimit no_core{0, 0};
  if (::setrlimit(RLIMIT_CORE, &no_core) != 0) give_up(Failure::Step::kLimits);
  const auto bound = [](auto resource, rlim_t value) {
    const rlimit both{value, value};
    if (value != 0 && ::setrlimit(resource, &both) != 0) give_up(Failure::Step::kLimits);
  };
  bound(RLIMIT_NOFILE, plan.open_files);
  bound(RLIMIT_DATA, plan.data_bytes);
  bound(RLIMIT_FSIZE, plan.file_bytes);
  if (plan.bind && ::sched_setaffinity(0, sizeof plan.processors, &plan.processors) != 0) give_up(Failure::Step::kLimits);
  struct sigaction standard {};
  standard.sa_handler = SIG_DFL;
  for (int number = 1; number < NSIG; ++number) {
    (void)::sigaction(number, &standard, nullptr);  // SIGKILL, SIGSTOP and libc's own refuse, and need none
  }
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::execve(plan.program, plan.argv, plan.envp);
  give_up(Failure::Step::kExec);
}

/// So many of the processors that this process may run on, a client after the other beginning behind the one before: all are used when
/// several clients run. Nothing when that is no bound.
std::optional<cpu_set_t> some_processors(int wanted) {
  static std::atomic<std::size_t> next{0};
  cpu_set_t allowed;
  if (wanted <= 0 || ::sched_getaffinity(0, sizeof allowed, &allowed) != 0) return std::nullopt;
  std::vector<int> usable;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(cpu, &allowed)) usable.push_back(cpu);
  }
  if (static_cast<std::size_t>(wanted) >= usable.size()) return std::nullopt;
  const std::size_t first = next.fetch_add(static_cast<std::size_t>(wanted));
  cpu_set_t some;
  CPU_ZERO(&some);
  for (std::size_t i = 0; i < static_cast<std::size_t>(wanted); ++i) CPU_SET(usable[(first + i) % usable.size()], &some);
  return some;
}

/// Signals stay blocked from before the fork until the child has put the handlers back: none of ours runs in
/// it.
pid_t fork_child(const ChildPlan& plan) {
  sigset_t all, before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  const pid_t pid = ::fork();
  if (pid == 0) run_child(plan);
  const int error_number = errno;
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  errno = error_number;
  return pid;
}

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> result;
  result.reserve(strings.size() + 1);
  for (auto& text : strings) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

void reap(pid_t pid) {
  while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
}

Error failure_error(const Failure& failure, const LaunchSpec& spec) {
  switch (failure.step) {
    case Failure::Step::kFolder:
      return errno_error("cannot enter '" + spec.folder + "'", failure.error_number);
    case Failure::Step::kLimits:
      return errno_error("cannot set the client's resource limits", failure.error_number)
          .with_hint("none of limits in the node's configuration may exceed the hard limits of the daemon itself");
    case Failure::Step::kExec:
      return errno_error("cannot run '" + spec.program + "'", failure.error_number)
          .with_hint("see client_program in the node's configuration");
  }
  return Error(ErrorCode::kInternal, "the child sent an unknown failure");
}

/// Waits until the program runs (the pipe closes by exec) or a step failed.
Status await_exec(int failure_fd, const LaunchSpec& spec) {
  pollfd waiting{failure_fd, POLLIN, 0};
  int ready = 0;
  do {
    ready = ::poll(&waiting, 1, kExecTimeoutMs);
  } while (ready < 0 && errno == EINTR);
  if (ready == 0) {
    return Error(ErrorCode::kTimeout, "'" + spec.program + "' was not running after 10 seconds");
  }
  Failure failure{};
  const ssize_t got = ::read(failure_fd, &failure, sizeof failure);
  if (got == static_cast<ssize_t>(sizeof failure)) return failure_error(failure, spec);
  return {};
}

}  // namespace

Result<std::unique_ptr<Process>> LocalLauncher::launch(const LaunchSpec& spec, const Record& record,
                                                       OnExit on_exit) {
  PAI_ASSIGN(std::string boot, boot_id());
  PAI_ASSIGN(io::Fd null_file, open_high("/dev/null", O_RDONLY, 0));
  PAI_ASSIGN(io::Fd log_file, open_high(spec.log_file.c_str(), O_WRONLY | O_APPEND | O_CREAT, 0600));
  PAI_ASSIGN(Pipe go, make_pipe());
  PAI_ASSIGN(Pipe failure, make_pipe());

  std::vector<std::string> words{spec.program};
  words.insert(words.end(), spec.arguments.begin(), spec.arguments.end());
  std::vector<std::string> environment = spec.environment;
  const std::vector<char*> argv = pointers(words), envp = pointers(environment);
  const auto processors = some_processors(spec.limits.processors);
  const ChildPlan plan{.program = spec.program.c_str(),
                       .argv = argv.data(),
                       .envp = envp.data(),
                       .folder = spec.folder.c_str(),
                       .null_fd = null_file.get(),
                       .log_fd = log_file.get(),
                       .go_fd = go.read.get(),
                       .failure_fd = failure.write.get(),
                       .open_files = spec.limits.open_files,
                       .data_bytes = spec.limits.data_bytes,
                       .file_bytes = spec.limits.file_bytes,
                       .bind = processors.has_value(),
                       .processors = processors.value_or(cpu_set_t{})};

  const pid_t pid = fork_child(plan);
  if (pid < 0) return errno_error("cannot start a process", errno);
  go.read = io::Fd();
  failure.write = io::Fd();

  // Until the byte is sent, closing our end of the pipe makes the child exit.
  const auto withdraw = [&](Error error) {
    go.write = io::Fd();
    reap(pid);
    return error;
  };
  io::Fd pidfd(::pidfd_open(pid, 0));
  if (!pidfd.valid()) return withdraw(errno_error("cannot watch the new process", errno));
  auto started = start_time(pid);
  if (!started.ok()) return withdraw(std::move(started).error());
  const task::ProcessIdentity identity{std::move(boot), pid, *started};
  if (Status recorded = record(identity); !recorded.ok()) return withdraw(std::move(recorded).error());

  const Status told = io::write_all(go.write.get(), "g", "the new process's pipe");
  go.write = io::Fd();
  Status running = told.ok() ? await_exec(failure.read.get(), spec) : told;
  if (running.ok()) {
    auto process = LocalProcess::watch(loop_, identity, std::move(pidfd), true, std::move(on_exit));
    if (process.ok()) return process;
    running = std::move(process).error();
  }
  (void)::kill(-pid, SIGKILL);  // not reaped yet: the number is still its own
  reap(pid);
  return std::move(running).error();
}

Result<std::unique_ptr<Process>> LocalLauncher::adopt(const task::ProcessIdentity& identity, OnExit on_exit) {
  const auto pid = static_cast<pid_t>(identity.pid);
  const Error gone(ErrorCode::kNotFound,
                   "process " + std::to_string(identity.pid) + " does not run any more");
  if (pid <= 0) return gone;
  // First the descriptor, then the comparison: what was compared can't become another process afterwards.
  io::Fd pidfd(::pidfd_open(pid, 0));
  if (!pidfd.valid()) {
    if (errno == ESRCH) return gone;
    return errno_error("cannot watch process " + std::to_string(pid), errno);
  }
  if (!is_running(identity)) return gone;
  return LocalProcess::watch(loop_, identity, std::move(pidfd), false, std::move(on_exit));
}

}  // namespace pai::node::process
