// The command line: what each verb gets, and what a mistyped one is told.
#include "ctl/command_line.h"

#include <gmock/gmock.h>

namespace pai::ctl {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

template <class T>
T read(const std::vector<std::string>& arguments) {
  auto options = read_command_line(arguments);
  EXPECT_TRUE(options.ok()) << options.error().describe();
  return std::get<T>(*options);
}

std::string fault(const std::vector<std::string>& arguments) {
  const auto options = read_command_line(arguments);
  return options.ok() ? "understood" : options.error().describe();
}

TEST(CommandLine, InitHasDefaults) {
  const auto options = read<InitOptions>({"pki", "init", "--dir", "ca", "--name", "Bank A"});
  EXPECT_EQ(options.folder, "ca");
  EXPECT_EQ(options.name, "Bank A");
  EXPECT_EQ(options.key, pki::KeyType::kP256);
  EXPECT_EQ(options.days, 3650);
}

TEST(CommandLine, IssueTakesManyNames) {
  const auto options =
      read<IssueOptions>({"pki", "issue", "--dir", "ca", "--name", "node-a", "--san", "node-a.bank.example",
                          "--san=10.0.0.5", "--key", "ed25519", "--days", "30", "--out", "o"});
  EXPECT_THAT(options.names.alternatives(), ElementsAre("node-a", "node-a.bank.example", "10.0.0.5"));
  EXPECT_EQ(options.key, pki::KeyType::kEd25519);
  EXPECT_EQ(options.days, 30);
  EXPECT_EQ(options.out, "o");
}

TEST(CommandLine, OtherVerbsGetTheirOwn) {
  EXPECT_EQ(read<RequestOptions>({"pki", "request", "--name", "n"}).out, ".");
  const auto sign = read<SignOptions>({"pki", "sign", "--dir", "ca", "--request", "r.csr", "--name", "n"});
  EXPECT_EQ(sign.request, "r.csr");
  EXPECT_EQ(sign.name, "n");
  EXPECT_EQ(sign.days, 365);
  EXPECT_EQ(read<RenewOptions>({"pki", "renew", "--dir", "ca", "--certificate", "c.pem"}).certificate,
            "c.pem");
  EXPECT_THAT(read<BundleOptions>({"pki", "bundle", "--out", "t.pem", "a.pem", "b.pem"}).files,
              ElementsAre("a.pem", "b.pem"));
  EXPECT_TRUE(read<ShowOptions>({"pki", "show", "c.pem", "-o", "json"}).json);
  EXPECT_FALSE(read<ShowOptions>({"pki", "show", "c.pem"}).json);
}

TEST(CommandLine, VerbsThatTalkToDaemonsGetTheirOwn) {
  const auto add = read<UserOptions>({"user", "add", "alice", "--role", "operator", "--expires", "30", "--master", "https://m:1", "--ca", "t.pem"});
  EXPECT_EQ(add.verb, UserOptions::Verb::kAdd);
  EXPECT_EQ(add.name, "alice");
  EXPECT_EQ(add.role, "operator");
  EXPECT_EQ(add.days, 30);
  EXPECT_EQ(add.master.url, "https://m:1");
  EXPECT_EQ(add.master.ca, "t.pem");
  EXPECT_EQ(read<UserOptions>({"user", "renew", "alice", "--master", "http://m:1"}).days, 90);
  EXPECT_EQ(read<UserOptions>({"user", "revoke", "alice", "--master", "http://m:1"}).verb, UserOptions::Verb::kRevoke);
  EXPECT_TRUE(read<UserOptions>({"user", "list", "--master", "http://m:1", "-o", "json"}).json);
  EXPECT_THAT(read<AuditOptions>({"audit", "verify", "a", "b"}).files, ElementsAre("a", "b"));
  EXPECT_EQ(read<PreflightOptions>({"preflight", "t.json", "--master", "http://m:1"}).task_file, "t.json");
  EXPECT_EQ(read<PreflightOptions>({"preflight", "--master", "http://m:1"}).task_file, "");
  EXPECT_THAT(fault({"user", "add", "a@b", "--role", "viewer", "--master", "http://m:1"}), HasSubstr("is no name of a user"));
  EXPECT_THAT(fault({"user", "add", "a", "--role", "root", "--master", "http://m:1"}), HasSubstr("viewer"));
  EXPECT_THAT(fault({"user", "add", "a", "--role", "viewer", "--master", "http://m:1", "--token", "x"}), HasSubstr("unknown flag --token"));
  EXPECT_THAT(fault({"audit"}), HasSubstr("wants a verb: verify"));
}

TEST(CommandLine, HelpOfEachLevelHasAnExample) {
  EXPECT_THAT(read<PrintOptions>({"--help"}).text, HasSubstr("Exit codes"));
  EXPECT_THAT(read<PrintOptions>({"pki", "--help"}).text, HasSubstr("Example"));
  for (const char* verb : {"init", "issue", "request", "sign", "renew", "bundle", "show"}) {
    EXPECT_THAT(read<PrintOptions>({"pki", verb, "--help"}).text,
                HasSubstr("Example: paictl pki " + std::string(verb)))
        << verb;
  }
  EXPECT_THAT(read<PrintOptions>({"--version"}).text, HasSubstr("paictl 0."));
}

TEST(CommandLine, NamesTheNearestVerbAndFlag) {
  EXPECT_THAT(fault({"pik"}), HasSubstr("did you mean pki?"));
  EXPECT_THAT(fault({"pki", "isue", "--dir", "x"}), HasSubstr("did you mean issue?"));
  EXPECT_THAT(fault({"pki", "issue", "--dri", "x", "--name", "n"}), HasSubstr("did you mean --dir?"));
  EXPECT_THAT(fault({"pki", "issue", "--nmae=n", "--dir", "x"}),
              HasSubstr("unknown flag --nmae; did you mean --name?"));
  EXPECT_THAT(fault({"pki", "issue", "--dir", "x", "--name", "n", "--force"}),
              HasSubstr("unknown flag --force"));
}

TEST(CommandLine, SaysWhatIsMissingOrTooMuch) {
  EXPECT_THAT(fault({}), HasSubstr("wants a verb: task"));
  EXPECT_THAT(fault({"pki"}), HasSubstr("wants a verb: init, issue, request, sign, renew, bundle, show"));
  EXPECT_THAT(fault({"pki", "init", "--dir", "x"}), HasSubstr("--name is required"));
  EXPECT_THAT(fault({"pki", "show"}), HasSubstr("FILE is required"));
  EXPECT_THAT(fault({"pki", "show", "a", "b"}), HasSubstr("one argument too many"));
  EXPECT_THAT(fault({"pki", "init", "--dir", "x", "--name", "n", "--days", "0"}), HasSubstr("--days"));
  EXPECT_THAT(fault({"pki", "init", "--dir", "x", "--name", "n", "--days", "many"}), HasSubstr("--days"));
  EXPECT_THAT(fault({"pki", "init", "--dir", "x", "--name", "n", "--key", "rsa"}), HasSubstr("--key"));
  EXPECT_THAT(fault({"pki", "issue", "--dir", "x", "--name", "*.x"}), HasSubstr("wildcard"));
  EXPECT_THAT(fault({"pki", "init", "--dir", "x", "--name", "a\nb"}), HasSubstr("control characters"));
}

}  // namespace
}  // namespace pai::ctl
