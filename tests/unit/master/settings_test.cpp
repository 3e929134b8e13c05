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

TEST(MasterSettings, UsersComeFromTheFileAndOthersHaveTheRoleThatTheListOfCallersImplies) {
  const test::TempFolder folder;
  const std::string tls = "[tls]\ncertificate = \"c\"\nkey = \"k\"\ntrusted = \"t\"\n";
  const std::string alice = "[[users]]\nname = \"alice\"\nidentity = \"alice.example\"\nrole = \"operator\"\n";
  const auto read = [&](const std::string& text, std::vector<std::string> more = {}) {
    test::write_text(folder / "m.toml", text);
    std::vector<std::string> arguments{"--config", (folder / "m.toml").string(), "--listen", "127.0.0.1:8000", "--data-dir", "d"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return settings_of(arguments);
  };
  const auto listed = read(tls + alice);
  ASSERT_TRUE(listed.ok()) << listed.error().describe();
  ASSERT_EQ(listed->door.users.size(), 1u);
  EXPECT_EQ(listed->door.users[0].role, access::Role::kOperator);
  EXPECT_EQ(listed->door.other_certificates, access::Role::kNone);
  EXPECT_TRUE(listed->certificate_optional);
  EXPECT_EQ(read(tls + "allowed_peers = [\"a\"]\n")->door.other_certificates, access::Role::kAdmin);
  EXPECT_EQ(read("certificate_role = \"viewer\"\n" + tls + "allowed_peers = [\"a\"]\n")->door.other_certificates, access::Role::kViewer);
  EXPECT_EQ(read(tls + "allowed_peers = [\"a\"]\n" + alice)->door.other_certificates, access::Role::kNone) << "who is taken out of the list is no admin";
  EXPECT_FALSE(read(tls + "client_certificates = \"required\"\n")->certificate_optional);
  EXPECT_NE(faults_of(read(alice, {"--insecure"})).find("insecure knows no certificates"), std::string::npos);
  EXPECT_NE(faults_of(read(tls + "[[users]]\nname = \"a@b\"\nidentity = \"x\"\nrole = \"viewer\"\n")).find("users[0].name"), std::string::npos);
  EXPECT_NE(faults_of(read(tls + "[[users]]\nname = \"a\"\nidentity = \"x\"\nrole = \"root\"\n")).find("viewer, operator, admin"), std::string::npos);
}

}  // namespace
}  // namespace pai::master
