// The runtime of pai-client with a role that does what the environment variable PAI_SCRIPT says.
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <new>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "client/runtime/run.h"

namespace {

using namespace pai;
using namespace pai::client;

/// A message that may go from one to the other in an alignment.
Status greet(Context& context, int peer) {
  if (context.task.client_id == 0) return context.channel.send(peer, v1::Publish());
  if (peer == 0) return context.channel.send(peer, v1::Published());
  return context.channel.send(peer, v1::KeyOffer());
}

template <class T>
Status await(Context& context, int peer) {
  PAI_ASSIGN(const auto got, context.channel.receive<T>(peer));
  (void)got;  // that it came is all
  return {};
}

Status await_greeting(Context& context, int peer) {
  if (context.task.client_id == 0) return await<v1::Published>(context, peer);
  if (peer == 0) return await<v1::Publish>(context, peer);
  return await<v1::KeyOffer>(context, peer);
}

/// "0" when it worked, else the number of the error.
std::string outcome(long result) { return result >= 0 ? "0" : std::to_string(errno); }

std::string opened(const std::string& file, int flags) {
  const int fd = ::open(file.c_str(), flags | O_CLOEXEC, 0600);
  const auto said = outcome(fd);
  if (fd >= 0) ::close(fd);
  return said;
}

/// What somebody would try who has taken this process over; what came of it goes to `escape.txt`.
Status try_to_escape(Context& context) {
  const std::string home = context.folder.path().string();
  const std::string beside = std::filesystem::path(home).parent_path().string();
  std::string said;
  const auto note = [&](const std::string& what, const std::string& result) { said += what + "=" + result + "\n"; };
  note("own-file", opened(home + "/mine.txt", O_WRONLY | O_CREAT));
  note("read-passwd", opened("/etc/passwd", O_RDONLY));
  note("read-secret", opened(beside + "/secret.csv", O_RDONLY));
  note("read-granted", opened(beside + "/a.csv", O_RDONLY));
  note("write-granted", opened(beside + "/a.csv", O_WRONLY));
  note("write-beside", opened(beside + "/new.txt", O_WRONLY | O_CREAT));
  note("read-other-process", opened("/proc/" + std::to_string(::getppid()) + "/environ", O_RDONLY));
  // The beginning of a list of words and of an environment: both are empty.
  char* const none[] = {nullptr};
  note("exec", outcome(::execve("/bin/true", none, none)));
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // sanitizers fork and trace themselves at the end
  note("fork", outcome(::syscall(SYS_clone, SIGCHLD, nullptr, nullptr, nullptr, nullptr)));
  note("ptrace", outcome(::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr)));
  note("dumpable", outcome(::prctl(PR_SET_DUMPABLE, 1)));
#endif
  note("kill-parent", outcome(::kill(::getppid(), 0)));
  note("kill-group", outcome(::kill(0, 0)));
  note("unshare", outcome(::unshare(CLONE_NEWUSER)));
  note("mount", outcome(::mount("none", home.c_str(), "tmpfs", 0, nullptr)));
  note("keyctl", outcome(::syscall(SYS_keyctl, 0, -3, 1)));
  note("bpf", outcome(::syscall(SYS_bpf, 0, nullptr, 0)));
  note("packet-socket", outcome(::socket(AF_PACKET, SOCK_RAW, 0)));
  note("unix-socket", outcome(::socket(AF_UNIX, SOCK_STREAM, 0)));
  note("chroot", outcome(::chroot(home.c_str())));
  note("setuid", outcome(::setuid(65534)));
  const std::string granted = beside + "/a.csv";
  note("chmod", outcome(::chmod(granted.c_str(), 0666)));
  note("chmodat", outcome(::fchmodat(AT_FDCWD, granted.c_str(), 0666, 0)));
  note("chown", outcome(::chown(granted.c_str(), ::getuid(), ::getgid())));
  note("utime", outcome(::utimensat(AT_FDCWD, granted.c_str(), nullptr, 0)));
  note("xattr", outcome(::setxattr(granted.c_str(), "user.x", "1", 1, 0)));
  const rlimit few{3, 3};
  note("limit-parent", outcome(::prlimit(::getppid(), RLIMIT_NOFILE, &few, nullptr)));
  rlimit own{};
  note("own-limit", outcome(::getrlimit(RLIMIT_NOFILE, &own)));
  note("slow-parent", outcome(::setpriority(PRIO_PROCESS, static_cast<id_t>(::getppid()), 19)));
  note("thread", [] {
    int worked = 0;
    std::thread([&] { worked = 1; }).join();
    return std::to_string(1 - worked);
  }());
  return context.folder.write_atomically("escape.txt", said);
}

Status play(Context& context) {
  const char* variable = std::getenv("PAI_SCRIPT");
  const std::string script = variable == nullptr ? "" : variable;
  context.reporter.phase("read", 100, "rows");
  context.reporter.advance(100);
  if (script == "finish") {
    task::DatasetSummary dataset;
    dataset.out_data_path = "out";
    dataset.train_rows = 80;
    context.reporter.set_dataset(std::move(dataset));
    return {};
  }
  if (script == "escape") return try_to_escape(context);
  if (script == "train") {
    // Keeps a "checkpoint" after batch 20 and goes on from it.
    auto& reporter = context.reporter;
    const bool goes_on = context.resume() && *context.folder.exists("checkpoint");
    const std::uint64_t from = goes_on ? 20 : 0;
    reporter.phase("train", 40, "batches");
    PAI_ASSIGN(const auto before, reporter.start_record({"auc"}, goes_on ? std::optional(from) : std::nullopt));
    for (std::uint64_t batch = from + 1; batch <= (goes_on ? 40 : 35); ++batch) {
      reporter.set_batches(batch);
      reporter.advance(1);
      if (batch % 10 == 0) PAI_TRY(reporter.record(std::vector<double>{before.seconds + 1, static_cast<double>(batch), 0.5, 0.75}));
      if (batch == 20) PAI_TRY(context.folder.write_atomically("checkpoint", "20"));
    }
    reporter.note(log::Level::kWarning, "loss rose", {{"batch", std::uint64_t{35}}});
    if (goes_on) return {};
    return Error(ErrorCode::kInternal, "the lamp went out");
  }
  if (script == "fail") return Error(ErrorCode::kInvalid, "the table has no rows").with_hint("look at it").blaming(2);
  if (script == "throw") throw std::runtime_error("boom");
  if (script == "memory") throw std::bad_alloc();
  if (script == "wait") {
    context.reporter.phase("wait", 0, "");
    PAI_ASSIGN(const auto got, context.channel.receive<v1::Publish>(context.task.client_id == 1 ? 0 : 1));
    (void)got;
    return {};
  }
  if (script == "talk") {
    const int parties = static_cast<int>(context.task.spec.clients.size());
    for (int peer = 0; peer < parties; ++peer) {
      if (peer != context.task.client_id) PAI_TRY(greet(context, peer));
    }
    for (int peer = 0; peer < parties; ++peer) {
      if (peer == context.task.client_id) continue;
      PAI_TRY(await_greeting(context, peer));
    }
    return {};
  }
  if (script == "leak") return context.channel.send(1, v1::TagBatch());  // main has nobody's tags to give away
  return Error(ErrorCode::kInvalid, "no such script: " + script);
}

Role role_of(task::ClientType) {
  const char* variable = std::getenv("PAI_SCRIPT");
  return variable == nullptr ? nullptr : play;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return static_cast<int>(ExitCode::kUsage);
  return static_cast<int>(run_client(argv[1], role_of));
}
