// The program itself: flags, refusals with a hint, one daemon a data folder, readiness, a clean end.

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <csignal>

#include "support/process.h"
#include "support/temp_folder.h"

namespace pai::test {
namespace {

constexpr std::chrono::seconds kPatience{20};
const std::string kProgram = std::string(PAI_BIN_DIR) + "/pai-master";

class MasterProgram : public ::testing::Test {
 protected:
  struct Outcome {
    int code;
    std::string output;
  };
  Outcome run(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), kProgram);
    Process process(arguments, folder_ / "out.log");
    const auto status = process.wait(kPatience);
    EXPECT_TRUE(status.has_value() && WIFEXITED(*status));
    return {status.has_value() ? WEXITSTATUS(*status) : -1, read_text(folder_ / "out.log")};
  }
  std::vector<std::string> insecure(const std::string& data = "data") {
    return {kProgram, "--listen", "127.0.0.1:0", "--data-dir", (folder_ / data).string(), "--insecure"};
  }

  TempFolder folder_;
};

TEST_F(MasterProgram, RefusesToRunWithoutTlsAndSaysWhatToDo) {
  const auto outcome = run({"--listen", "127.0.0.1:0", "--data-dir", (folder_ / "data").string()});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_NE(outcome.output.find("--insecure"), std::string::npos) << outcome.output;
  EXPECT_FALSE(std::filesystem::exists(folder_ / "data"));
}

TEST_F(MasterProgram, InsecureOnAPublicAddressIsRefused) {
  const auto outcome = run({"--listen", "0.0.0.0:0", "--data-dir", (folder_ / "data").string(), "--insecure"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_NE(outcome.output.find("loopback"), std::string::npos) << outcome.output;
}

TEST_F(MasterProgram, ChecksItsConfigurationAndMakesNothing) {
  EXPECT_EQ(run({"--check-config", "--listen", "127.0.0.1:0", "--data-dir", (folder_ / "data").string(), "--insecure"}).code, 0);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "data"));
  write_text(folder_ / "bad.toml", "listn = \"x\"\nnode_call_timeout_s = -1\n");
  const auto bad = run({"--check-config", "--config", (folder_ / "bad.toml").string(), "--data-dir", "d"});
  EXPECT_EQ(bad.code, 1);
  EXPECT_NE(bad.output.find("listn"), std::string::npos) << bad.output;
  EXPECT_NE(bad.output.find("node_call_timeout_s"), std::string::npos) << bad.output;
}

TEST_F(MasterProgram, SaysWhenItIsReadyAndEndsCleanlyOnSigterm) {
  const NotifySocket notify(folder_ / "notify");
  Process master(insecure(), folder_ / "master.log", {notify.environment()});
  ASSERT_TRUE(notify.await_ready(master, kPatience));
  master.signal(SIGTERM);
  const auto status = master.wait(kPatience);
  ASSERT_TRUE(status.has_value());
  EXPECT_TRUE(WIFEXITED(*status));
  EXPECT_EQ(WEXITSTATUS(*status), 0);
}

TEST_F(MasterProgram, OneMasterADataFolder) {
  const NotifySocket notify(folder_ / "notify");
  Process first(insecure(), folder_ / "master.log", {notify.environment()});
  ASSERT_TRUE(notify.await_ready(first, kPatience));
  auto again = insecure();
  again.erase(again.begin());
  const auto second = run(again);
  EXPECT_EQ(second.code, 1);
  EXPECT_NE(second.output.find(std::to_string(first.pid())), std::string::npos) << second.output;
}

}  // namespace
}  // namespace pai::test
