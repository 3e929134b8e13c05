// Signals, systemd's notifications (against a notify socket of our own) and the watchdog.
#include "common/service/service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstddef>
#include <future>
#include <thread>

#include "support/temp_folder.h"

namespace pai::service {
namespace {

using ::testing::HasSubstr;

/// What systemd listens on.
class NotifySocket {
 public:
  explicit NotifySocket(const std::string& name) : fd_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    EXPECT_LT(name.size(), sizeof address.sun_path);
    name.copy(address.sun_path, name.size());
    if (name.front() == '@') address.sun_path[0] = '\0';  // abstract
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    EXPECT_EQ(::bind(fd_, reinterpret_cast<const sockaddr*>(&address), size), 0);
    ::setenv("NOTIFY_SOCKET", name.c_str(), 1);
  }
  ~NotifySocket() {
    ::unsetenv("NOTIFY_SOCKET");
    ::close(fd_);
  }
  /// The next notification; empty when none came in ten seconds.
  std::string next() const {
    pollfd ready{fd_, POLLIN, 0};
    if (::poll(&ready, 1, 10'000) != 1) return "";
    char buffer[4'096];
    const ssize_t size = ::recv(fd_, buffer, sizeof buffer, 0);
    return size < 0 ? "" : std::string(buffer, static_cast<std::size_t>(size));
  }
  bool silent() const {
    pollfd ready{fd_, POLLIN, 0};
    return ::poll(&ready, 1, 0) == 0;
  }

 private:
  int fd_;
};

class Notify : public ::testing::TestWithParam<bool> {
 protected:
  Notify() : socket_(GetParam() ? "@pai-test-" + std::to_string(::getpid()) : (folder_ / "notify").string()) {}
  test::TempFolder folder_;
  NotifySocket socket_;
};

TEST_P(Notify, EachCallIsOneDatagram) {
  notify_ready("listening on 127.0.0.1:8080");
  EXPECT_EQ(socket_.next(), "READY=1\nSTATUS=listening on 127.0.0.1:8080");
  notify_status("3 tasks running");
  EXPECT_EQ(socket_.next(), "STATUS=3 tasks running");
  notify_reloading();
  EXPECT_THAT(socket_.next(), ::testing::MatchesRegex("RELOADING=1\nMONOTONIC_USEC=[0-9]+"));
  notify_stopping("draining");
  EXPECT_EQ(socket_.next(), "STOPPING=1\nSTATUS=draining");
}

TEST_P(Notify, AStatusCannotAddAField) {
  notify_status("a\nREADY=1");
  EXPECT_EQ(socket_.next(), "STATUS=a\\x0aREADY=1");
}

INSTANTIATE_TEST_SUITE_P(Sockets, Notify, ::testing::Bool(),
                         [](const auto& instance) { return std::string(instance.param ? "Abstract" : "Path"); });

TEST(NotifyNobody, NothingHappensWithoutASocket) {
  ::unsetenv("NOTIFY_SOCKET");
  notify_ready("ready");
  notify_stopping("stopping");
}

TEST(NotifyNobody, ASocketThatIsGoneIsNoFault) {
  ::setenv("NOTIFY_SOCKET", "/nowhere/notify", 1);
  notify_ready("ready");
  ::unsetenv("NOTIFY_SOCKET");
}

/// Runs the loop on a thread of its own, with signals blocked as in main.
class Loop : public ::testing::Test {
 protected:
  Loop() { block_signals(); }
  ~Loop() override {
    ::unsetenv("WATCHDOG_USEC");
    ::unsetenv("WATCHDOG_PID");
  }
  std::future<void> start(SignalActions actions) {
    return std::async(std::launch::async, [actions = std::move(actions)] { run_until_stopped(actions); });
  }
  static void signal_self(int signal) { ASSERT_EQ(::kill(::getpid(), signal), 0); }
  static bool ended(const std::future<void>& loop) { return loop.wait_for(std::chrono::seconds(10)) == std::future_status::ready; }

  test::TempFolder folder_;
};

TEST_F(Loop, ReturnsAfterSigtermAndSigint) {
  for (const int signal : {SIGTERM, SIGINT}) {
    const auto loop = start({});
    signal_self(signal);
    EXPECT_TRUE(ended(loop));
  }
}

TEST_F(Loop, ASignalBeforeTheLoopIsNotLost) {
  signal_self(SIGTERM);
  const auto loop = start({});
  EXPECT_TRUE(ended(loop));
}

TEST_F(Loop, SighupReloadsBetweenReloadingAndReady) {
  const NotifySocket socket((folder_ / "notify").string());
  std::atomic<int> reloads{0};
  const auto loop = start({.reload = [&] { ++reloads; }});
  for (int i = 0; i < 2; ++i) {
    signal_self(SIGHUP);
    EXPECT_THAT(socket.next(), HasSubstr("RELOADING=1"));
    EXPECT_EQ(socket.next(), "READY=1");
    EXPECT_EQ(reloads, i + 1);
  }
  signal_self(SIGTERM);
  EXPECT_TRUE(ended(loop));
}

TEST_F(Loop, PingsTheWatchdogWhileAliveAndWithholdsItElse) {
  const NotifySocket socket((folder_ / "notify").string());
  ::setenv("WATCHDOG_USEC", "20000", 1);
  ::setenv("WATCHDOG_PID", std::to_string(::getpid()).c_str(), 1);
  std::atomic<bool> alive{true};
  std::atomic<int> refused{0};
  const auto loop = start({.alive = [&] {
    if (!alive) {
      ++refused;
      refused.notify_all();
    }
    return alive.load();
  }});
  for (int i = 0; i < 3; ++i) EXPECT_EQ(socket.next(), "WATCHDOG=1");
  alive = false;
  refused.wait(0);
  while (!socket.silent()) EXPECT_EQ(socket.next(), "WATCHDOG=1");  // what was sent before
  const int before = refused;
  refused.wait(before);
  EXPECT_TRUE(socket.silent()) << "no ping from a daemon that says it is not alive";
  alive = true;
  EXPECT_EQ(socket.next(), "WATCHDOG=1");
  signal_self(SIGTERM);
  EXPECT_TRUE(ended(loop));
}

TEST_F(Loop, NoPingForAnotherProcessesWatchdog) {
  const NotifySocket socket((folder_ / "notify").string());
  ::setenv("WATCHDOG_USEC", "20000", 1);
  ::setenv("WATCHDOG_PID", "1", 1);
  std::atomic<bool> asked{false};
  const auto loop = start({.alive = [&] { return asked = true; }});
  signal_self(SIGHUP);
  EXPECT_THAT(socket.next(), HasSubstr("RELOADING=1"));
  EXPECT_EQ(socket.next(), "READY=1");
  signal_self(SIGTERM);
  EXPECT_TRUE(ended(loop));
  EXPECT_FALSE(asked);
  EXPECT_TRUE(socket.silent());
}

TEST(BlockSignals, ABrokenPipeIsAnErrorAndNoEnd) {
  block_signals();
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  ::close(ends[0]);
  EXPECT_EQ(::write(ends[1], "x", 1), -1);
  ::close(ends[1]);
}

TEST(HardenProcess, LeavesNoCoreAndNoTracing) {
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    harden_process();
    rlimit core{1, 1};
    const bool no_core = ::getrlimit(RLIMIT_CORE, &core) == 0 && core.rlim_max == 0;
#if defined(__SANITIZE_ADDRESS__)
    const bool untraceable = true;
#else
    const bool untraceable = ::prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0;
#endif
    ::_exit(no_core && untraceable ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

}  // namespace
}  // namespace pai::service
