// A node that root starts becomes the user of its settings, for good, and its folders are that user's.
#include <pwd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gmock/gmock.h>

#include <regex>
#include <thread>

#include "integration/node/node_fixture.h"

namespace pai::test {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;

class NodeUserTest : public NodeTest {
 protected:
  /// Without systemd's socket, which the user could not write to.
  void launch(const std::string& user) {
    std::filesystem::permissions(folder_.path(), std::filesystem::perms::owner_all | std::filesystem::perms::group_exec |
                                                     std::filesystem::perms::others_exec);
    write_text(folder_ / "node.toml", "user = \"" + user + "\"\n");
    node_ = std::make_unique<Process>(
        std::vector<std::string>{std::string(PAI_BIN_DIR) + "/pai-node", "--config", (folder_ / "node.toml").string(), "--name", "node",
                                 "--listen", "127.0.0.1:" + std::to_string(port_), "--data-dir", (folder_ / "given").string(),
                                 "--insecure"},
        folder_ / "node.log");
  }
  bool await_ready() {
    const auto end = std::chrono::steady_clock::now() + seconds(30);
    while (std::chrono::steady_clock::now() < end && node_->running()) {
      if (get("/readyz").status == 200) return true;
      std::this_thread::yield();
    }
    return false;
  }
};

TEST_F(NodeUserTest, RootIsGivenUpForGood) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root has something to give up";
  const passwd* const nobody = ::getpwnam("nobody");
  ASSERT_NE(nobody, nullptr);
  const std::string uid = std::to_string(nobody->pw_uid), gid = std::to_string(nobody->pw_gid);
  launch("nobody");
  ASSERT_TRUE(await_ready()) << node_log();
  const std::string status = read_text("/proc/" + std::to_string(node().pid()) + "/status");
  EXPECT_THAT(status, HasSubstr("Uid:\t" + uid + "\t" + uid + "\t" + uid + "\t" + uid));
  EXPECT_THAT(status, HasSubstr("Gid:\t" + gid + "\t" + gid + "\t" + gid + "\t" + gid));
  EXPECT_THAT(status, HasSubstr("CapPrm:\t0000000000000000"));
  EXPECT_THAT(status, HasSubstr("CapEff:\t0000000000000000"));
  EXPECT_THAT(status, HasSubstr("NoNewPrivs:\t1"));
  std::smatch groups;
  ASSERT_TRUE(std::regex_search(status, groups, std::regex("Groups:\t([^\n]*)")));
  EXPECT_FALSE(std::regex_search(groups[1].str(), std::regex("(^| )0( |$)"))) << "root's group was kept";
  struct stat folder {};
  ASSERT_EQ(::stat((folder_ / "given").c_str(), &folder), 0);
  EXPECT_EQ(folder.st_uid, nobody->pw_uid);
  EXPECT_EQ(folder.st_mode & 0777, 0700u);
}

TEST_F(NodeUserTest, UnknownUserAndRootAreRefused) {
  for (const char* user : {"there-is-no-such-user", "root"}) {
    launch(user);
    const auto status = node_->wait(seconds(20));
    ASSERT_TRUE(status && WIFEXITED(*status)) << user;
    EXPECT_NE(WEXITSTATUS(*status), 0) << user;
    EXPECT_THAT(node_log(), HasSubstr("user"));
  }
}

}  // namespace
}  // namespace pai::test
