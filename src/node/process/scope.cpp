#include "node/process/scope.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern "C" {
#include <sys/pidfd.h>
}

#include <array>
#include <cerrno>
#include <cmath>
#include <utility>

#include "common/base/text.h"
#include "common/io/files.h"

namespace pai::node::process {
namespace {

/// The node ends a client in its time itself; the manager's is for when no node runs.
constexpr double kBackstopSeconds = 60;
/// A scope's name may have 255 bytes, of which its end has 6.
constexpr std::size_t kNameBytesMax = 240;

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> result;
  for (auto& text : strings) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

}  // namespace

bool booted_by_systemd() {
  struct stat status {};
  return ::lstat("/run/systemd/system", &status) == 0 && S_ISDIR(status.st_mode);
}

ScopeMaker ScopeMaker::of_this_user(std::string program) { return {std::move(program), ::geteuid() != 0}; }

std::vector<std::string> ScopeMaker::environment() const {
  // Where the user's manager listens; logind makes it, also for users that linger.
  if (user_manager_) return {"XDG_RUNTIME_DIR=/run/user/" + std::to_string(::geteuid())};
  return {};
}

std::vector<std::string> ScopeMaker::options(const std::string& name, const ScopeLimits& limits) const {
  std::vector<std::string> words;
  if (user_manager_) words.emplace_back("--user");
  // Unloaded when it is over, also after a failure: the node knows why.
  for (const char* word : {"--scope", "--quiet", "--collect", "--no-ask-password"}) words.emplace_back(word);
  words.push_back("--unit=" + name.substr(0, kNameBytesMax) + ".scope");
  const auto property = [&](const std::string& text) { words.push_back("--property=" + text); };
  if (limits.memory_bytes > 0) {
    property("MemoryMax=" + std::to_string(limits.memory_bytes));
    property("MemorySwapMax=0");
  }
  if (limits.cpu_cores > 0) property("CPUQuota=" + std::to_string(static_cast<long>(std::ceil(limits.cpu_cores * 100))) + "%");
  if (limits.run_seconds > 0) {
    property("RuntimeMaxSec=" + std::to_string(static_cast<long>(std::ceil(limits.run_seconds + kBackstopSeconds))) + "s");
  }
  words.emplace_back("--");
  return words;
}

LaunchSpec ScopeMaker::wrap(LaunchSpec spec, const std::string& name, const ScopeLimits& limits) const {
  auto words = options(name, limits);
  words.push_back(std::move(spec.program));
  words.insert(words.end(), std::make_move_iterator(spec.arguments.begin()), std::make_move_iterator(spec.arguments.end()));
  spec.program = program_;
  spec.arguments = std::move(words);
  for (auto& variable : environment()) spec.environment.push_back(std::move(variable));
  return spec;
}

Status ScopeMaker::try_it(int patience_ms) const {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return errno_error("cannot create a pipe", errno);
  const io::Fd said(ends[0]);
  io::Fd saying(ends[1]);
  std::vector<std::string> words{program_};
  for (auto& word : options("pai-node-trial-" + std::to_string(::getpid()), {.memory_bytes = std::uint64_t{1} << 30, .cpu_cores = 1, .run_seconds = 1})) {
    words.push_back(std::move(word));
  }
  words.emplace_back("/bin/true");
  auto variables = environment();
  const auto argv = pointers(words), envp = pointers(variables);
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawnattr_init(&attributes);
  ::posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_adddup2(&actions, saying.get(), 1);
  ::posix_spawn_file_actions_adddup2(&actions, saying.get(), 2);
  sigset_t none;
  ::sigemptyset(&none);
  ::posix_spawnattr_setsigmask(&attributes, &none);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
  pid_t pid = 0;
  const int fault = ::posix_spawn(&pid, program_.c_str(), &actions, &attributes, argv.data(), envp.data());
  ::posix_spawn_file_actions_destroy(&actions);
  ::posix_spawnattr_destroy(&attributes);
  if (fault != 0) return errno_error("cannot run '" + program_ + "'", fault);
  saying = io::Fd();

  const io::Fd pidfd(::pidfd_open(pid, 0));
  pollfd ending{pidfd.get(), POLLIN, 0};
  int ready = 0;
  if (pidfd.valid()) {
    do {
      ready = ::poll(&ending, 1, patience_ms);
    } while (ready < 0 && errno == EINTR);
  }
  if (ready <= 0) (void)::kill(pid, SIGKILL);
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (ready <= 0) return Error(ErrorCode::kTimeout, "'" + program_ + "' waited too long for the service manager");
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  std::array<char, 400> text{};
  const ssize_t got = ::read(said.get(), text.data(), text.size());  // a failure says little, and is here already
  std::string why(text.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
  while (!why.empty() && why.back() == '\n') why.pop_back();
  return Error(ErrorCode::kUnavailable, "the service manager makes no scopes for this user: " + (why.empty() ? "it does not say why" : printable(why, 300)));
}

}  // namespace pai::node::process
