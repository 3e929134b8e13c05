// The owner's verbs: what the node is sent, and how its answers read on a terminal.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ctl/command_line.h"
#include "ctl/owner/command.h"

namespace pai::ctl {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

OwnerOptions read(const std::vector<std::string>& arguments) {
  auto options = read_command_line(arguments);
  EXPECT_TRUE(options.ok()) << options.error().describe();
  return std::get<OwnerOptions>(*options);
}

TEST(OwnerCommands, SendEveryTermOfAGrant) {
  const auto options = read({"grant", "add", "--data-dir", "d", "--name", "n", "--initiator", "m", "--party", "p", "--party", "q", "--raw", "a",
                             "--sha256", "s", "--column", "X1", "--column", "X2", "--id-column", "i", "--type", "t", "--role", "r",
                             "--security", "split", "--reveals", "roc", "--psi", "ecdh", "--until", "2026-12-31", "--uses", "3", "--min-intersection", "5",
                             "--rows-max", "9", "--approval", "manual", "--dataset", "ds"});
  EXPECT_EQ(options.data_dir, "d");
  EXPECT_EQ(options.command,
            (json{{"command", "grant_add"},
                  {"grant",
                   {{"name", "n"}, {"initiator", "m"}, {"parties", {"p", "q"}}, {"raw", {"a"}}, {"dataset", {"ds"}}, {"sha256", "s"},
                    {"columns", {"X1", "X2"}}, {"id_columns", {"i"}}, {"types", {"t"}}, {"roles", {"r"}}, {"security", {"split"}}, {"reveals", {"roc"}},
                    {"psi", {"ecdh"}}, {"until", "2026-12-31"}, {"uses", 3}, {"min_intersection", 5}, {"rows_max", 9}, {"approval", "manual"}}}}));
}

TEST(OwnerCommands, LeaveOutWhatWasNotSaid) {
  EXPECT_EQ(read({"grant", "add", "--initiator", "m"}).command, (json{{"command", "grant_add"}, {"grant", {{"initiator", "m"}}}}));
  EXPECT_EQ(read({"grant", "revoke", "g"}).command, (json{{"command", "grant_revoke"}, {"name", "g"}}));
  EXPECT_EQ(read({"approve", "t", "--client", "2", "--digest", "0123456789"}).command,
            (json{{"command", "approve"}, {"task", "t"}, {"client", 2}, {"digest", "0123456789"}}));
  EXPECT_EQ(read({"reject", "t", "--reason", "no"}).command, (json{{"command", "reject"}, {"task", "t"}, {"reason", "no"}}));
  EXPECT_EQ(read({"pending"}).data_dir, "/var/lib/pai-node");
}

TEST(OwnerCommands, MistypedOnesAreToldTheNearest) {
  EXPECT_THAT(read_command_line({"grant", "lst"}).error().message(), HasSubstr("did you mean list?"));
  EXPECT_THAT(read_command_line({"grant", "add", "--initator", "m"}).error().message(), HasSubstr("did you mean --initiator?"));
  EXPECT_FALSE(read_command_line({"grant", "add"}).ok()) << "nobody's grant";
  EXPECT_FALSE(read_command_line({"approve"}).ok());
  EXPECT_FALSE(read_command_line({"grant", "add", "--initiator", "m", "--uses", "0"}).ok());
}

TEST(OwnerCommands, WithoutANodeSayWhatIsMissing) {
  const auto lost = run_owner_command(read({"grant", "list", "--data-dir", "/nowhere/at/all"}));
  ASSERT_FALSE(lost.ok());
  EXPECT_EQ(lost.error().code(), ErrorCode::kUnavailable);
  EXPECT_THAT(lost.error().message(), HasSubstr("/nowhere/at/all"));
  EXPECT_FALSE(run_owner_command(read({"grant", "check"})).ok()) << "neither a task nor a policy";
}

TEST(OwnerWords, ShowWhatWouldBeApproved) {
  const json task = {{"task", "t"}, {"client", 1}, {"role", "feature_client"}, {"since", "2026-01-01"}, {"master", "name:m"},
                     {"master_fingerprint", "sha256:00"}, {"grant", "g"}, {"digest", std::string(64, 'd')},
                     {"config", {{"raw_data_path", "a.csv"}, {"columns", {"X1"}}}}, {"main_config", {{"psi", "prf"}}},
                     {"parties", {{{"client", 2}, {"role", "label_client"}, {"node", "b:1"}, {"identity", "shop"}}}}};
  const auto words = words_of_answer({{"command", "pending"}}, {{"tasks", {task}}});
  for (const char* expected : {"asked by master name:m sha256:00, under grant g", "raw_data_path: a.csv", "columns: [\"X1\"]", "psi: prf",
                               "client 2 label_client at b:1, known as shop", "paictl approve t --client 1 --digest dddddddddddddddd\n"})
    EXPECT_THAT(words, HasSubstr(expected));
}

TEST(OwnerWords, LetNoAnswerPlayWithTheTerminal) {
  const json grant = {{"name", "g\033[2J"}, {"initiator", "m\n"}, {"raw", {"a\r"}}, {"from", "policy"}, {"used", 1}};
  const auto words = words_of_answer({{"command", "grant_list"}}, {{"grants", {grant}}, {"asked_for", true}});
  EXPECT_THAT(words, Not(HasSubstr("\033")));
  EXPECT_THAT(words, Not(HasSubstr("\r")));
  EXPECT_THAT(words, HasSubstr("stands in the policy file"));
  // Whatever comes, words are found for it.
  for (const char* command : {"grant_add", "grant_list", "grant_check", "pending", "approve", "policy_check", "grant_revoke"})
    (void)words_of_answer({{"command", command}}, json::object());
}

}  // namespace
}  // namespace pai::ctl
