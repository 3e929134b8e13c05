// Transient units: what systemd-run is told, and that the process in a unit is the one that was launched. systemd itself is not here: a
// program that does what systemd-run --scope does, notes and becomes what stands behind `--`, is in its place.
#include "node/process/scope.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <future>

#include "node/process/local_launcher.h"
#include "support/process.h"
#include "support/temp_folder.h"

namespace pai::node::process {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class ScopeTest : public ::testing::Test {
 protected:
  std::string manager(const std::string& then) {
    const auto file = folder_ / "systemd-run";
    test::write_text(file, "#!/bin/sh\necho \"$@\" >> " + (folder_ / "asked").string() + "\n" + then + "\n");
    ::chmod(file.c_str(), 0755);
    return file.string();
  }
  static constexpr const char* kBecome = "while [ \"$1\" != -- ]; do shift; done; shift; exec \"$@\"";

  test::TempFolder folder_;
};

TEST_F(ScopeTest, TellsTheUsersManagerWhatTheClientMayUse) {
  const ScopeMaker maker("/usr/bin/systemd-run", true);
  const LaunchSpec client{.program = "/usr/bin/pai-client", .arguments = {"--task", "/t/task.json"}, .environment = {"LANG=C"}, .folder = "/t", .log_file = "/t/log.txt", .limits = {.file_bytes = 9}};
  const auto wrapped = maker.wrap(client, "pai-client-credit.v1-2-0123456789ab", {.memory_bytes = 1 << 30, .cpu_cores = 1.255, .run_seconds = 90.5});
  EXPECT_EQ(wrapped.program, "/usr/bin/systemd-run");
  EXPECT_THAT(wrapped.arguments,
              ElementsAre("--user", "--scope", "--quiet", "--collect", "--no-ask-password", "--unit=pai-client-credit.v1-2-0123456789ab.scope",
                          "--property=MemoryMax=1073741824", "--property=MemorySwapMax=0", "--property=CPUQuota=126%", "--property=RuntimeMaxSec=151s", "--",
                          "/usr/bin/pai-client", "--task", "/t/task.json"));
  EXPECT_THAT(wrapped.environment, ElementsAre("LANG=C", "XDG_RUNTIME_DIR=/run/user/" + std::to_string(::geteuid())));
  EXPECT_EQ(wrapped.folder, client.folder);
  EXPECT_EQ(wrapped.limits.file_bytes, 9U);
}

TEST_F(ScopeTest, RootAsksTheSystemsManagerAndWhatIsUnlimitedIsNotSaid) {
  const auto wrapped = ScopeMaker("/usr/bin/systemd-run", false).wrap({.program = "/p", .arguments = {}, .environment = {}, .folder = "/", .log_file = "/l", .limits = {}}, "n", {});
  EXPECT_THAT(wrapped.arguments, ElementsAre("--scope", "--quiet", "--collect", "--no-ask-password", "--unit=n.scope", "--", "/p"));
  EXPECT_TRUE(wrapped.environment.empty());
}

TEST_F(ScopeTest, TheProcessInTheScopeIsTheLaunchedOne) {
  auto loop = std::move(Loop::make()).value();
  LocalLauncher launcher(*loop);
  const ScopeMaker maker(manager(kBecome), true);
  std::promise<Outcome> ended;
  task::ProcessIdentity recorded;
  const LaunchSpec spec{.program = "/bin/sh", .arguments = {"-c", "echo $$ > pid; exit 7"}, .environment = {"PATH=/usr/bin:/bin"}, .folder = folder_.path().string(),
                        .log_file = (folder_ / "log.txt").string(), .limits = {}};
  const auto process = launcher.launch(
      maker.wrap(spec, "unit", {.memory_bytes = 1 << 20}),
      [&](const task::ProcessIdentity& identity) {
        recorded = identity;
        return Status();
      },
      [&](const Outcome& outcome) { ended.set_value(outcome); });
  ASSERT_TRUE(process.ok()) << process.error().describe();
  auto outcome = ended.get_future();
  ASSERT_EQ(outcome.wait_for(seconds(20)), std::future_status::ready);
  EXPECT_EQ(outcome.get(), Outcome(Exited{7}));
  EXPECT_EQ(test::read_text(folder_ / "pid"), std::to_string(recorded.pid) + "\n");
  EXPECT_THAT(test::read_text(folder_ / "asked"), HasSubstr("--unit=unit.scope --property=MemoryMax=1048576"));
  loop->stop();
}

TEST_F(ScopeTest, ATrialSaysWhetherTheManagerMakesScopes) {
  EXPECT_TRUE(ScopeMaker(manager(kBecome), true).try_it().ok());
  const Status refused = ScopeMaker(manager("echo 'Failed to connect to bus: No medium found' >&2; exit 1"), true).try_it();
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), ErrorCode::kUnavailable);
  EXPECT_THAT(refused.error().message(), HasSubstr("No medium found"));
  const Status hung = ScopeMaker(manager("exec sleep 100"), true).try_it(200);
  ASSERT_FALSE(hung.ok());
  EXPECT_EQ(hung.error().code(), ErrorCode::kTimeout);
  EXPECT_FALSE(ScopeMaker((folder_ / "nothing").string(), true).try_it().ok());
}

}  // namespace
}  // namespace pai::node::process
