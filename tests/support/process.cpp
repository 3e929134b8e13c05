#include "support/process.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <random>
#include <set>
#include <stdexcept>

#include "support/temp_folder.h"

namespace pai::test {
namespace {

/// True once the process ended; a pidfd turns readable then, so nothing is polled in a loop.
bool await_end(pid_t pid, std::chrono::milliseconds deadline) {
  const int fd = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
  if (fd < 0) return errno == ESRCH;
  pollfd wanted{fd, POLLIN, 0};
  const int ready = ::poll(&wanted, 1, static_cast<int>(deadline.count()));
  ::close(fd);
  return ready > 0;
}

}  // namespace

Process::Process(const std::vector<std::string>& argv, const std::filesystem::path& log,
                 const std::vector<std::string>& environment) {
  std::filesystem::create_directories(log.parent_path());
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 1, log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  posix_spawn_file_actions_adddup2(&actions, 1, 2);
  std::vector<char*> arguments;
  for (const auto& argument : argv) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  std::vector<char*> variables;
  for (char** variable = environ; *variable != nullptr; ++variable) variables.push_back(*variable);
  for (const auto& variable : environment) variables.push_back(const_cast<char*>(variable.c_str()));
  variables.push_back(nullptr);
  const int failed = ::posix_spawn(&pid_, arguments[0], &actions, nullptr, arguments.data(), variables.data());
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) throw std::runtime_error("cannot start " + argv[0]);
}

Process::~Process() { kill(); }

void Process::signal(int number) const {
  if (!status_ && pid_ > 0) ::kill(pid_, number);
}

std::optional<int> Process::wait(std::chrono::milliseconds deadline) {
  if (status_) return status_;
  if (!await_end(pid_, deadline)) return std::nullopt;
  int status = 0;
  if (::waitpid(pid_, &status, 0) == pid_) status_ = status;
  return status_;
}

void Process::kill() {
  signal(SIGKILL);
  wait(std::chrono::seconds(10));
}

bool Process::running() { return !wait(std::chrono::milliseconds(0)).has_value(); }

NotifySocket::NotifySocket(const std::filesystem::path& path) : path_(path) {
  fd_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path_.string().copy(address.sun_path, sizeof address.sun_path - 1);
  if (::bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    throw std::runtime_error("cannot bind " + path_.string());
  }
}

NotifySocket::~NotifySocket() {
  ::close(fd_);
  ::unlink(path_.c_str());
}

bool NotifySocket::await_ready(Process& process, std::chrono::milliseconds deadline) const {
  const auto end = std::chrono::steady_clock::now() + deadline;
  const int ended = static_cast<int>(::syscall(SYS_pidfd_open, process.pid(), 0));
  bool ready = false;
  while (!ready) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    pollfd wanted[2] = {{fd_, POLLIN, 0}, {ended, POLLIN, 0}};
    if (left.count() <= 0 || ::poll(wanted, 2, static_cast<int>(left.count())) <= 0 || wanted[0].revents == 0) break;
    char text[4096];
    const ssize_t size = ::recv(fd_, text, sizeof text, 0);
    ready = size > 0 && std::string(text, static_cast<std::size_t>(size)).find("READY=1") != std::string::npos;
  }
  ::close(ended);
  return ready;
}

int free_port() {
  // Below the range from which the kernel gives connections their ports: what a busy machine's callers take, nobody can listen on.
  constexpr int kFirst = 10'000, kLast = 32'000;
  static std::set<int> used;
  static std::mt19937 random{std::random_device{}()};
  for (int attempt = 0; attempt < 1'000; ++attempt) {
    const int port = std::uniform_int_distribution(kFirst, kLast)(random);
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    const bool bound = ::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    ::close(fd);
    if (bound && used.insert(port).second) return port;
  }
  throw std::runtime_error("no free port");
}

std::vector<pid_t> processes_with(const std::string& text) {
  std::vector<pid_t> found;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    if (!std::all_of(name.begin(), name.end(), [](unsigned char c) { return std::isdigit(c) != 0; })) continue;
    // A process that ends meanwhile reads as empty.
    const std::string line = read_text(entry.path() / "cmdline");
    if (line.find(text) != std::string::npos) found.push_back(std::stoi(name));
  }
  return found;
}

bool wait_gone(pid_t pid, std::chrono::milliseconds deadline) { return await_end(pid, deadline); }

}  // namespace pai::test
