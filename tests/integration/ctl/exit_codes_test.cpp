// What a script sees of paictl: its exit codes, the user's configuration file, and secrets that others could read.
#include <gmock/gmock.h>

#include <cstdlib>

#include "ctl/command_line.h"
#include "integration/ctl/paictl.h"

namespace pai::test {
namespace {

using ::testing::HasSubstr;

class PaictlCodes : public PaictlTest {
 protected:
  void SetUp() override {
    // Nothing of whoever runs the test.
    for (const char* name : {"PAI_MASTER", "PAI_CA", "PAI_CERT", "PAI_KEY", "PAI_TOKEN"}) ::unsetenv(name);
    ::setenv("XDG_CONFIG_HOME", at("config").c_str(), 1);
    std::filesystem::create_directories(folder_ / "config" / "pai");
    write_text(folder_ / "task.json", "{\"task_name\": \"t\", \"clients\": []}");
  }
  void TearDown() override { ::unsetenv("XDG_CONFIG_HOME"); }

  void configure(const std::string& text) { write_text(folder_ / "config" / "pai" / "paictl.toml", text); }
  std::string nobody() const { return "http://127.0.0.1:" + std::to_string(free_port()); }
};

/// Each verb, with what it needs.
std::vector<std::vector<std::string>> calls_of_a_master(const std::string& task) {
  std::vector<std::vector<std::string>> calls{{"data", "list"}, {"node", "list"}, {"user", "list"}, {"user", "add", "a", "--role", "viewer"}, {"user", "renew", "a"},
                                              {"user", "revoke", "a"}, {"preflight"}, {"task", "list"}, {"task", "log", "t"}, {"task", "log", "t", "-f"}};
  for (const char* verb : {"create", "check", "run"}) calls.push_back({"task", verb, task});
  for (const char* verb : {"start", "stop", "retry", "delete", "status", "record"}) calls.push_back({"task", verb, "t"});
  return calls;
}

TEST_F(PaictlCodes, EveryVerbEndsWith64WhenItIsUsedWrongly) {
  const auto program = ctl::outline();
  ctl::guide::for_each(program, [&](const ctl::guide::Command& command) {
    std::vector<std::string> words{"--no-such-flag"};
    std::string path = command.path;
    for (auto at = path.rfind(' '); at != std::string::npos; at = path.rfind(' ')) {
      words.insert(words.begin(), path.substr(at + 1));
      path.resize(at);
    }
    const auto said = paictl(words);
    EXPECT_EQ(said.code, 64) << command.path << said.output;
    EXPECT_THAT(said.output, HasSubstr("hint: " + command.path + " --help"));
  });
}

TEST_F(PaictlCodes, WhoCallsAMasterEndsWith64WithoutOneAndWith2WhenItIsNotThere) {
  for (auto call : calls_of_a_master(at("task.json"))) {
    const auto unnamed = paictl(call);
    EXPECT_EQ(unnamed.code, 64) << call[0] << " " << call[1 % call.size()] << unnamed.output;
    EXPECT_THAT(unnamed.output, HasSubstr("no master is known"));
    call.insert(call.end(), {"--master", nobody()});
    const auto absent = paictl(call);
    EXPECT_EQ(absent.code, 2) << call[0] << " " << call[1] << absent.output;
  }
}

TEST_F(PaictlCodes, WhoCallsItsNodeEndsWith2WhenItIsNotThere) {
  for (const std::vector<std::string>& call : {std::vector<std::string>{"grant", "list"}, {"grant", "add", "--initiator", "m"}, {"grant", "revoke", "g"}, {"pending"},
                                               {"approve", "t"}, {"reject", "t"}, {"grant", "check", "--task", at("task.json")}}) {
    auto words = call;
    words.insert(words.end(), {"--data-dir", at("nowhere")});
    const auto said = paictl(words);
    EXPECT_EQ(said.code, 2) << call[0] << said.output;
    EXPECT_THAT(said.output, HasSubstr("no node answers"));
  }
}

TEST_F(PaictlCodes, ChecksOfFilesEndWith0And1) {
  write_text(folder_ / "good.csv", "id,x\na,1\nb,2\n");
  write_text(folder_ / "bad.csv", "id,x\na,1\na,2,3\n");
  EXPECT_EQ(paictl({"data", "check", at("good.csv")}).code, 0);
  EXPECT_EQ(paictl({"data", "check", at("bad.csv")}).code, 1);
  EXPECT_EQ(paictl({"audit", "verify", at("none")}).code, 1);
  EXPECT_EQ(paictl({"ledger", "verify", at("none")}).code, 1);
  EXPECT_EQ(paictl({"ledger", "show", at("none")}).code, 1);
  EXPECT_EQ(paictl({"ledger", "compare", at("none"), at("none")}).code, 1);
  EXPECT_EQ(paictl({"explain", at("none")}).code, 1);
  EXPECT_EQ(paictl({"pki", "show", at("none")}).code, 1);
  EXPECT_EQ(paictl({"completion", "bash"}).code, 0);
  EXPECT_EQ(paictl({"man"}).code, 0);
  EXPECT_EQ(paictl({"man", "nothing"}).code, 64);
}

TEST_F(PaictlCodes, TheFileNamesTheMaster) {
  configure("master = \"" + nobody() + "\"\n");
  const auto said = paictl({"node", "list"});
  EXPECT_EQ(said.code, 2) << said.output;
  configure("mastr = \"https://m:1\"\n");
  const auto faulty = paictl({"node", "list"});
  EXPECT_EQ(faulty.code, 64) << faulty.output;
  EXPECT_THAT(faulty.output, HasSubstr("paictl.toml:1"));
  EXPECT_THAT(faulty.output, HasSubstr("did you mean \"master\"?"));
  EXPECT_EQ(paictl({"completion", "zsh"}).code, 0) << "what calls no master does not read it";
}

TEST_F(PaictlCodes, ATokenThatOthersCanReadIsRefused) {
  write_text(folder_ / "config" / "pai" / "token", "pai_5d0c9a41_" + std::string(64, 'a') + "\n");
  configure("master = \"" + nobody() + "\"\ntoken_file = \"token\"\n");
  const auto token = folder_ / "config" / "pai" / "token";
  for (const auto mode : {0644, 0640, 0604, 0620}) {
    std::filesystem::permissions(token, static_cast<std::filesystem::perms>(mode));
    const auto said = paictl({"task", "list"});
    EXPECT_EQ(said.code, 2) << said.output;
    EXPECT_THAT(said.output, HasSubstr("can be read or written by others than its owner"));
    EXPECT_THAT(said.output, HasSubstr("hint: chmod 0600"));
  }
  std::filesystem::permissions(token, static_cast<std::filesystem::perms>(0600));
  EXPECT_THAT(paictl({"task", "list"}).output, ::testing::Not(HasSubstr("others than its owner")));
}

TEST_F(PaictlCodes, CertificatesAreMadeInJsonToo) {
  const auto ca = paictl({"pki", "init", "--dir", at("ca"), "--name", "Bank", "-o", "json"});
  EXPECT_EQ(ca.code, 0) << ca.output;
  EXPECT_THAT(ca.output, HasSubstr("\"fingerprint\": \"sha256:"));
  const auto node = paictl({"pki", "issue", "--dir", at("ca"), "--name", "node-a", "-o", "json"});
  EXPECT_THAT(node.output, HasSubstr("\"key\": \"" + at("ca/node-a.key") + "\""));
  EXPECT_THAT(paictl({"pki", "renew", "--dir", at("ca"), "--certificate", at("ca/node-a.pem"), "-o", "json"}).output, HasSubstr("\"not_after\""));
  EXPECT_THAT(paictl({"pki", "bundle", "--out", at("trusted.pem"), at("ca/ca.pem"), "-o", "json"}).output, HasSubstr("\"members\""));
}

}  // namespace
}  // namespace pai::test
