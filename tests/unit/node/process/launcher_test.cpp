// Real processes (the shell): recorded before they run, adopted only when they are exactly the same, ended
// with their group.
#include "node/process/local_launcher.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <future>
#include <sstream>

#include "node/process/folder_watch.h"
#include "node/process/identity.h"
#include "support/process.h"
#include "support/temp_folder.h"

namespace pai::node::process {
namespace {

using std::chrono::seconds;

class LauncherTest : public ::testing::Test {
 protected:
  LauncherTest() : loop_(std::move(Loop::make()).value()), launcher_(*loop_), outcome_(ended_.get_future()) {}
  ~LauncherTest() override { loop_->stop(); }

  LaunchSpec shell(const std::string& script) {
    return {.program = "/bin/sh",
            .arguments = {"-c", script},
            .environment = {"PATH=/usr/bin:/bin"},
            .folder = folder_.path().string(),
            .log_file = (folder_ / "log.txt").string(),
            .limits = {}};
  }
  OnExit on_exit() {
    return [this](const Outcome& outcome) { ended_.set_value(outcome); };
  }
  Result<std::unique_ptr<Process>> launch(const LaunchSpec& spec) {
    return launcher_.launch(
        spec, [](const auto&) { return Status(); }, on_exit());
  }
  Outcome outcome() {
    if (outcome_.wait_for(seconds(20)) != std::future_status::ready) {
      ADD_FAILURE() << "the end was not reported";
      return Vanished{};
    }
    return outcome_.get();
  }

  test::TempFolder folder_;
  std::unique_ptr<Loop> loop_;
  LocalLauncher launcher_;
  std::promise<Outcome> ended_;
  std::future<Outcome> outcome_;
};

TEST_F(LauncherTest, ReportsTheExitCodeAndAppendsOutputToTheLog) {
  test::write_text(folder_ / "log.txt", "before\n");
  const auto process = launch(shell("echo out; echo err >&2; exit 42"));
  ASSERT_TRUE(process.ok()) << process.error().describe();
  EXPECT_EQ(outcome(), Outcome(Exited{42}));
  EXPECT_EQ(test::read_text(folder_ / "log.txt"), "before\nout\nerr\n");
}

TEST_F(LauncherTest, ReportsTheSignal) {
  const auto process = launch(shell("kill -6 $$"));
  ASSERT_TRUE(process.ok());
  EXPECT_EQ(outcome(), Outcome(Signaled{6}));
}

TEST_F(LauncherTest, ProgramDoesNotRunWhenItCouldNotBeRecorded) {
  const auto refused = launcher_.launch(
      shell("echo ran > ran"), [](const auto&) { return Status(Error(ErrorCode::kIo, "disk full")); },
      on_exit());
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().message(), "disk full");
  EXPECT_FALSE(std::filesystem::exists(folder_ / "ran"));
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1) << "a child is left";
}

TEST_F(LauncherTest, IdentityIsRecordedWhileTheProgramWaits) {
  bool existed = false;
  const auto process = launcher_.launch(
      shell("echo ran > ran"),
      [&](const task::ProcessIdentity& identity) {
        existed = is_running(identity) && !std::filesystem::exists(folder_ / "ran");
        return Status();
      },
      on_exit());
  ASSERT_TRUE(process.ok());
  EXPECT_TRUE(existed);
  EXPECT_EQ(outcome(), Outcome(Exited{0}));
}

TEST_F(LauncherTest, DeathOfTheLauncherBeforeTheRecordLeavesNoProcess) {
  // A daemon of its own, which dies while it records; a second child forked meanwhile must not keep the first
  // one waiting.
  const pid_t daemon = ::fork();
  if (daemon == 0) {
    // The fork has no loop thread, and gets to where one is needed in no case.
    (void)launcher_.launch(
        shell("echo ran > ran"),
        [&](const task::ProcessIdentity& first) {
          (void)launcher_.launch(
              shell("echo ran > ran"),
              [&](const task::ProcessIdentity& second) -> Status {
                test::write_text(folder_ / "pids",
                                 std::to_string(first.pid) + " " + std::to_string(second.pid));
                ::_exit(0);
              },
              [](const Outcome&) {});
          return Status();
        },
        [](const Outcome&) {});
    ::_exit(1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(daemon, &status, 0), daemon);
  ASSERT_EQ(status, 0);
  std::istringstream pids(test::read_text(folder_ / "pids"));
  for (pid_t pid = 0; pids >> pid;) EXPECT_TRUE(test::wait_gone(pid, seconds(20))) << pid;
  EXPECT_FALSE(std::filesystem::exists(folder_ / "ran"));
}

TEST_F(LauncherTest, ProgramThatCannotBeRunIsAnErrorThatNamesIt) {
  LaunchSpec spec = shell("");
  spec.program = (folder_ / "nothing").string();
  const auto missing = launch(spec);
  ASSERT_FALSE(missing.ok());
  EXPECT_NE(missing.error().message().find("nothing"), std::string::npos);
  spec = shell("");
  spec.folder = (folder_ / "nowhere").string();
  EXPECT_FALSE(launch(spec).ok());
  spec = shell("");
  spec.log_file = (folder_ / "no/log.txt").string();
  EXPECT_FALSE(launch(spec).ok());
}

TEST_F(LauncherTest, KillEndsTheWholeGroup) {
  test::write_text(folder_ / "log.txt", "");
  auto watch = std::move(FolderWatch::make(*loop_)).value();
  std::promise<void> written;
  auto ready = written.get_future();
  ASSERT_TRUE(watch
                  ->watch(folder_.path().string(),
                          [&](std::string_view file) {
                            if (file == "pid") written.set_value();
                          })
                  .ok());
  const auto process =
      launch(shell("trap '' TERM; sleep 1000 & echo $! > pid.new; mv pid.new pid; wait; wait"));
  ASSERT_TRUE(process.ok());
  ASSERT_EQ(ready.wait_for(seconds(20)), std::future_status::ready);
  const pid_t grandchild = std::stoi(test::read_text(folder_ / "pid"));
  (*process)->terminate();
  (*process)->kill();
  EXPECT_EQ(outcome(), Outcome(Signaled{9}));
  EXPECT_TRUE(test::wait_gone(grandchild, seconds(20)));
  (*process)->terminate();
  (*process)->kill();
  loop_->stop();
}

TEST_F(LauncherTest, LettingGoLeavesTheProcessRunningAndAdoptFindsIt) {
  auto process = launch(shell("exec sleep 1000"));
  ASSERT_TRUE(process.ok());
  const task::ProcessIdentity identity = (*process)->identity();
  *process = nullptr;
  EXPECT_TRUE(is_running(identity));
  const auto adopted = launcher_.adopt(identity, on_exit());
  ASSERT_TRUE(adopted.ok());
  (*adopted)->kill();
  // It is a child of this test, though adopted: how it ended can be told.
  EXPECT_EQ(outcome(), Outcome(Signaled{9}));
}

TEST_F(LauncherTest, AdoptRefusesAllButTheVeryProcess) {
  const auto self = start_time(::getpid());
  ASSERT_TRUE(self.ok());
  const task::ProcessIdentity right{*boot_id(), ::getpid(), *self};
  EXPECT_TRUE(is_running(right));
  const auto refused = [&](task::ProcessIdentity identity) {
    const auto adopted = launcher_.adopt(identity, [](const Outcome&) {});
    return !adopted.ok() && adopted.error().code() == ErrorCode::kNotFound;
  };
  EXPECT_TRUE(refused({right.boot_id, right.pid, right.start_time + 1}));
  EXPECT_TRUE(refused({"another boot", right.pid, right.start_time}));
  EXPECT_TRUE(refused({right.boot_id, 0, right.start_time}));
  EXPECT_TRUE(refused({right.boot_id, 0x3FFFFFFF, right.start_time}));
}

TEST_F(LauncherTest, ZombieDoesNotCountAsRunning) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(0);
  siginfo_t info{};
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT), 0);
  EXPECT_FALSE(start_time(child).ok());
  ::waitpid(child, nullptr, 0);
}

}  // namespace
}  // namespace pai::node::process
