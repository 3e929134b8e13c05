// Settings of the master: what a single value can't show is found too, and all of it at once.

#include "master/settings.h"

#include <gtest/gtest.h>

#include "support/temp_folder.h"

namespace pai::master {
namespace {

Result<Settings> settings_of(const std::vector<std::string>& arguments) {
  PAI_ASSIGN(const auto invocation, config::read(declaration(), arguments));
  return settings_from(invocation.values);
}

std::string faults_of(const Result<Settings>& settings) { return settings.ok() ? "" : settings.error().describe(); }

TEST(MasterSettings, FlagsAloneAreEnoughOnOneMachine) {
  const auto settings = settings_of({"--listen", "127.0.0.1:8000", "--data-dir", "d", "--insecure"});
  ASSERT_TRUE(settings.ok()) << settings.error().describe();
  EXPECT_EQ(settings->listen.port, 8000);
  EXPECT_TRUE(settings->data_dir.is_absolute());
  EXPECT_EQ(settings->link.call, std::chrono::seconds(10));
  EXPECT_EQ(settings->lifecycle.limits.node_lost_timeout_s, 600);
}

TEST(MasterSettings, InsecureIsForLoopbackOnly) {
  EXPECT_NE(faults_of(settings_of({"--listen", "0.0.0.0:8000", "--data-dir", "d", "--insecure"})).find("loopback"),
            std::string::npos);
}

TEST(MasterSettings, WithoutTlsAndWithoutInsecureTheHintSaysWhatToDo) {
  EXPECT_NE(faults_of(settings_of({"--listen", "127.0.0.1:8000", "--data-dir", "d"})).find("--insecure"),
            std::string::npos);
}

TEST(MasterSettings, NodesComeFromTheFileAndTheirFaultsAreFoundTogether) {
  const test::TempFolder folder;
  test::write_text(folder / "good.toml",
                   "[[nodes]]\nname = \"bank\"\naddr = \"127.0.0.1\"\nhttp_port = 8001\nidentity = \"bank.example\"\n");
  const auto good = settings_of({"--config", (folder / "good.toml").string(), "--listen", "127.0.0.1:8000", "--data-dir",
                                 "d", "--insecure"});
  ASSERT_TRUE(good.ok()) << good.error().describe();
  ASSERT_EQ(good->nodes.size(), 1u);
  EXPECT_EQ(good->nodes[0].endpoint.identity, "bank.example");

  test::write_text(folder / "bad.toml",
                   "[[nodes]]\nname = \"a\"\naddr = \"192.0.2.1\"\nhttp_port = 8001\n"
                   "[[nodes]]\nname = \"b\"\naddr = \"192.0.2.1\"\nhttp_port = 8001\n");
  const auto faults = faults_of(settings_of({"--config", (folder / "bad.toml").string(), "--listen", "0.0.0.0:8000",
                                             "--data-dir", "d", "--insecure"}));
  for (const auto* part : {"nodes[0].addr", "nodes[1]", "stands twice", "listen"}) {
    EXPECT_NE(faults.find(part), std::string::npos) << part << " in " << faults;
  }
}

}  // namespace
}  // namespace pai::master
