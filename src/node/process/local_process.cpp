#include "node/process/local_process.h"

#include <signal.h>
#include <sys/wait.h>

extern "C" {
#include <sys/pidfd.h>
}

#include <cerrno>
#include <utility>

namespace pai::node::process {

struct LocalProcess::Shared {
  Shared(Loop& its_loop, task::ProcessIdentity its_identity, io::Fd its_pidfd, bool child, OnExit callback)
      : loop(its_loop),
        identity(std::move(its_identity)),
        pidfd(std::move(its_pidfd)),
        is_child(child),
        on_exit(std::move(callback)) {}

  pid_t group() const { return -static_cast<pid_t>(identity.pid); }

  Loop& loop;
  const task::ProcessIdentity identity;
  const io::Fd pidfd;
  const bool is_child;

  std::mutex mutex;
  OnExit on_exit;  ///< empty: told already, or let go
  std::optional<Loop::Token> token;
  bool over = false;
};

Result<std::unique_ptr<Process>> LocalProcess::watch(Loop& loop, task::ProcessIdentity identity, io::Fd pidfd,
                                                     bool is_child, OnExit on_exit) {
  auto shared =
      std::make_shared<Shared>(loop, std::move(identity), std::move(pidfd), is_child, std::move(on_exit));
  const std::lock_guard lock(shared->mutex);  // `ended` waits until the token is known
  PAI_ASSIGN(shared->token, loop.on_readable(shared->pidfd.get(), [shared] { ended(shared); }));
  return std::unique_ptr<Process>(new LocalProcess(shared));
}

LocalProcess::~LocalProcess() {
  const std::lock_guard lock(shared_->mutex);
  shared_->on_exit = nullptr;
  if (shared_->token) shared_->loop.cancel(*std::exchange(shared_->token, std::nullopt));
}

const task::ProcessIdentity& LocalProcess::identity() const {
  return shared_->identity;
}

void LocalProcess::terminate() {
  // ESRCH, the only failure that can happen to a process of ours, means that it has ended: what was asked
  // for.
  (void)::pidfd_send_signal(shared_->pidfd.get(), SIGTERM, nullptr, 0);
}

void LocalProcess::kill() {
  const std::lock_guard lock(shared_->mutex);
  if (shared_->over) return;
  if (::pidfd_send_signal(shared_->pidfd.get(), SIGKILL, nullptr, 0) != 0) return;
  // The leader exists, or is a zombie that only `ended` collects: its number can't be another group's.
  (void)::kill(shared_->group(), SIGKILL);
}

void LocalProcess::ended(const std::shared_ptr<Shared>& shared) {
  Outcome outcome = Vanished{};
  OnExit on_exit;
  {
    const std::lock_guard lock(shared->mutex);
    if (shared->token) shared->loop.cancel(*std::exchange(shared->token, std::nullopt));
    // What the leader left in its group would go on without anyone watching. While the leader is an
    // uncollected child of ours its number stays taken, so that the signal can't hit a stranger; for an
    // adopted one that isn't sure.
    if (shared->is_child) (void)::kill(shared->group(), SIGKILL);
    siginfo_t info{};
    int result = 0;
    do {
      result = ::waitid(static_cast<idtype_t>(P_PIDFD), static_cast<id_t>(shared->pidfd.get()), &info,
                        WEXITED | WNOHANG);
    } while (result != 0 && errno == EINTR);
    if (result == 0 && info.si_pid != 0) {  // ECHILD for an adopted one: Vanished
      if (info.si_code == CLD_EXITED) {
        outcome = Exited{info.si_status};
      } else {
        outcome = Signaled{info.si_status};
      }
    }
    shared->over = true;
    on_exit = std::exchange(shared->on_exit, nullptr);
  }
  if (on_exit) on_exit(outcome);
}

}  // namespace pai::node::process
