// The owner's grants at a real node: a master that has none gets nothing, what was approved is what runs, and what is
// taken back is stopped. The owner is the real paictl.
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gmock/gmock.h>

#include "common/task/sha256.h"
#include "integration/node/node_fixture.h"
#include "support/certificates.h"

namespace pai::test {
namespace {

using nlohmann::json;
using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::Not;

class NodeGrantTest : public NodeTest {
 protected:
  NodeGrantTest() : certificates_(folder_ / "certs") {
    certificates_.make({"node", "master", "rival"});
    config_ = "stop_grace_s = 0.3\n[tls]\ncertificate = \"" + certificates_.certificate("node").string() + "\"\nkey = \"" +
              certificates_.key("node").string() + "\"\ntrusted = \"" + certificates_.ca().string() + "\"\n";
    secure_ = true;
    policy_ = "";
    master_ = http::Client::make(certificates_.material("master"));
  }

  struct Said {
    int code = -1;
    std::string text;
  };
  Said paictl(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), std::string(PAI_BIN_DIR) + "/paictl");
    arguments.insert(arguments.end(), {"--data-dir", data().string()});
    const auto log = folder_ / ("paictl" + std::to_string(++said_) + ".log");
    Process process(arguments, log);
    const auto status = process.wait(seconds(30));
    return {status && WIFEXITED(*status) ? WEXITSTATUS(*status) : -1, read_text(log)};
  }
  void grant(std::vector<std::string> terms) {
    terms.insert(terms.begin(), {"grant", "add"});
    const auto said = paictl(std::move(terms));
    ASSERT_EQ(said.code, 0) << said.text;
  }
  NodeAnswer prepare_with(const std::string& task, const json& more, const std::string& attempt = "a1") {
    json body = preparation(task, 1, attempt);
    body["client_config"].update(more);
    return post("/createTask?step=prepare&" + query(task, 1), body);
  }
  void run_until_told(const std::string& task) {
    script(task, 1, "report read 1 2\npause\n");
    create(task, 1);
    ASSERT_EQ(start(task, 1).status, 200);
  }
  static std::string fault(const NodeAnswer& answer) { return answer.body.is_object() ? answer.body.dump() : ""; }

  Certificates certificates_;
  std::string config_;
  int said_ = 0;
};

TEST_F(NodeGrantTest, WithoutAGrantEveryTaskIs403AndNothingOfTheDataIsTold) {
  start_node(config_);
  EXPECT_TRUE(await_log("no grant holds"));
  for (const json& more : {json::object(), json{{"raw_data_path", "there-is-no-such-file.csv"}}, json{{"columns", {"no such column"}}}}) {
    const auto refused = prepare_with("t", more);
    EXPECT_EQ(refused.status, 403) << fault(refused);
    EXPECT_THAT(fault(refused), HasSubstr("granted 'master' nothing"));
    EXPECT_THAT(fault(refused), HasSubstr("paictl grant add"));
    EXPECT_THAT(fault(refused), Not(HasSubstr("X1"))) << "a stranger reads the file's columns out of the answer";
    json body = preparation("t", 1);
    body.erase("attempt");
    body["client_config"].update(more);
    EXPECT_EQ(post("/checkTask?" + query("t", 1), body).status, 403);
  }
  EXPECT_EQ(prepare("t", 0).status, 403) << "main uses this machine";
}

TEST_F(NodeGrantTest, GrantForOneMasterIsNoOthers) {
  start_node(config_);
  grant({"--initiator", "master", "--raw", "a.csv"});
  EXPECT_EQ(prepare("t", 1).status, 200);
  master_ = http::Client::make(certificates_.material("rival"));
  EXPECT_EQ(prepare("u", 1).status, 403);
}

TEST_F(NodeGrantTest, ColumnsBeyondTheGrantAreRefused) {
  start_node(config_);
  grant({"--initiator", "master", "--raw", "a.csv", "--column", "X1"});
  const auto wide = prepare_with("t", {{"columns", {"X1", "X2"}}});
  EXPECT_EQ(wide.status, 403);
  EXPECT_THAT(fault(wide), HasSubstr("\\\"X2\\\" is not granted"));
  EXPECT_EQ(prepare_with("t", json::object()).status, 403) << "all columns";
  const auto position = prepare_with("t", {{"columns", {2}}});
  EXPECT_EQ(position.status, 403);
  EXPECT_THAT(position.body["msg"].dump(), Not(HasSubstr("X2"))) << "the position's name is the owner's";
  EXPECT_EQ(prepare_with("t", {{"columns", json::array()}, {"id_column", "X2"}}).status, 403) << "a column out by way of the ID";
  EXPECT_EQ(prepare_with("t", {{"columns", {"X1"}}}).status, 200);
}

TEST_F(NodeGrantTest, PathTricksReachNoUngrantedFile) {
  write_text(data() / "raw" / "secret.csv", "id,S\n1,2\n");
  std::filesystem::create_directories(data() / "raw" / "open");
  std::filesystem::create_symlink("../secret.csv", data() / "raw" / "open" / "way.csv");
  start_node(config_);
  grant({"--initiator", "master", "--raw", "open/*"});
  for (const char* path : {"secret.csv", "open/../secret.csv", "./secret.csv", "open//../secret.csv", "openx/a.csv", "/etc/passwd",
                           "open/*", "open/", "OPEN/../secret.csv"}) {
    const auto refused = prepare_with("t", {{"raw_data_path", path}});
    EXPECT_TRUE(refused.status == 403 || refused.status == 400) << path << ": " << refused.status;
  }
  for (const char* bad : {"../*", "/etc/*", "a/../../*", "*/x"})
    EXPECT_NE(paictl({"grant", "add", "--initiator", "master", "--raw", bad}).code, 0) << bad;
}

TEST_F(NodeGrantTest, PinnedFileMustBeThatFile) {
  start_node(config_);
  const auto file = data() / "raw" / "a.csv";
  grant({"--initiator", "master", "--raw", "a.csv", "--sha256", task::sha256_hex(read_text(file))});
  create("t", 1);
  write_text(file, "id,X1,X2\n1,0.5,2\n2,0.25,4\n");
  const auto refused = prepare("u", 1);
  EXPECT_EQ(refused.status, 403);
  EXPECT_THAT(fault(refused), HasSubstr("SHA-256 is another"));
  EXPECT_EQ(start("t", 1).status, 403) << "what was created before the change";
}

TEST_F(NodeGrantTest, EndedGrantsAndUsedUpGrantsAllowNothing) {
  start_node(config_);
  grant({"--name", "old", "--initiator", "master", "--raw", "a.csv", "--until", "2020-01-01"});
  EXPECT_THAT(fault(prepare("t", 1)), HasSubstr("grant 'old' ended"));
  ASSERT_EQ(paictl({"grant", "revoke", "old"}).code, 0);
  grant({"--name", "once", "--initiator", "master", "--raw", "a.csv", "--uses", "1"});
  create("t", 1);
  create("u", 1);
  auto events = follow();
  ASSERT_EQ(start("t", 1).status, 200);
  ASSERT_TRUE(events->await_state("t", 1, "Finished"));
  const auto second = start("u", 1);
  EXPECT_EQ(second.status, 403);
  EXPECT_THAT(fault(second), HasSubstr("used up"));
  events.reset();
  // Counted for good: neither a restart nor the task's end gives a use back.
  stop_node();
  start_node(config_);
  EXPECT_EQ(start("t", 1, "b2").status, 403);
  EXPECT_EQ(remove("t", 1).status, 200);
  EXPECT_EQ(start("u", 1).status, 403);
  EXPECT_THAT(paictl({"grant", "list"}).text, HasSubstr("used by runs: 1"));
  ASSERT_EQ(paictl({"grant", "revoke", "once"}).code, 0);
  EXPECT_NE(paictl({"grant", "add", "--name", "once", "--initiator", "master", "--raw", "a.csv"}).code, 0)
      << "a name whose uses are counted is not given to another grant";
}

TEST_F(NodeGrantTest, TooSmallAnIntersectionIsRefused) {
  start_node(config_);
  grant({"--initiator", "master", "--raw", "a.csv", "--min-intersection", "50"});
  EXPECT_EQ(prepare("t", 1).status, 403) << "a task that would go on with one row";
  json body = preparation("t", 1);
  body["public"]["clients"][0]["settings"]["min_intersection"] = 50;
  ASSERT_EQ(post("/createTask?step=prepare&" + query("t", 1), body).status, 200);
  ASSERT_EQ(commit("t", 1).status, 200);
  script("t", 1, "pause\n");
  ASSERT_EQ(start("t", 1).status, 200);
  const auto file = json::parse(read_text(task_folder("t", 1) / "task.json"));
  EXPECT_EQ(file["node"]["min_intersection"], 50) << "the client keeps the floor, whatever main does";
}

TEST_F(NodeGrantTest, RevokedGrantStopsWhatRunsOnIt) {
  start_node(config_);
  grant({"--name", "credit", "--initiator", "master", "--raw", "a.csv"});
  run_until_told("t");
  auto events = follow();
  ASSERT_EQ(paictl({"grant", "revoke", "credit"}).code, 0);
  const auto ended = events->await_state("t", 1, "Stopped");
  ASSERT_TRUE(ended);
  EXPECT_THAT((*ended)["reason"].get<std::string>(), HasSubstr("revoked grant 'credit'"));
  EXPECT_EQ(start("t", 1, "b2").status, 403);
}

TEST_F(NodeGrantTest, RevokedGrantEndsAClientThatDoesNotWantToWithinFiveSeconds) {
  // Its node would give it ten.
  start_node("stop_grace_s = 10\n" + config_.substr(config_.find('\n') + 1));
  grant({"--name", "credit", "--initiator", "master", "--raw", "a.csv"});
  script("t", 1, "ignore-term\nreport read 1 2\npause\n");
  create("t", 1);
  auto events = follow();
  ASSERT_EQ(start("t", 1).status, 200);
  ASSERT_TRUE(events->await([](const std::string&, const json& data) {
    return data.contains("progress") && data["progress"].value("phase", "") == "read";
  }));
  const pid_t pid = pid_of("t", 1);
  ASSERT_EQ(paictl({"grant", "revoke", "credit"}).code, 0);
  EXPECT_TRUE(wait_gone(pid, seconds(5)));
  EXPECT_TRUE(events->await_state("t", 1, "Stopped"));
}

TEST_F(NodeGrantTest, EditedPolicyStopsWhatItNoLongerCovers) {
  policy_ = "[[grants]]\nname = \"credit\"\ninitiator = \"master\"\nraw = \"*\"\n";
  start_node(config_);
  run_until_told("t");
  auto events = follow();
  // A faulty edit changes nothing, and says where the fault is.
  write_text(policy_file(), "[[grants]]\nname = \"credit\"\ninitiator = \"master\"\nraw = \"../x\"\n");
  EXPECT_TRUE(await_log("policy.toml:4"));
  EXPECT_EQ(task_status("t", 1).body["msg"], "Running");
  const auto metrics = master_->call({.host = "127.0.0.1", .port = static_cast<std::uint16_t>(port_)},
                                     {.method = http::Method::kGet, .target = "/metrics"});
  ASSERT_TRUE(metrics.ok());
  EXPECT_THAT(metrics->body, HasSubstr("pai_node_policy_faulty 1"));
  EXPECT_THAT(metrics->body, HasSubstr("pai_node_grants{from=\"policy\"} 1"));
  EXPECT_THAT(paictl({"grant", "list"}).text, HasSubstr("has faults"));
  write_text(policy_file(), "[[grants]]\nname = \"credit\"\ninitiator = \"master\"\nraw = \"b.csv\"\n");
  const auto ended = events->await_state("t", 1, "Stopped");
  ASSERT_TRUE(ended);
  EXPECT_THAT((*ended)["reason"].get<std::string>(), HasSubstr("'a.csv' is not granted"));
}

TEST_F(NodeGrantTest, GrantThatWentWhileTheNodeWasDownStopsItsClient) {
  policy_ = "[[grants]]\nname = \"credit\"\ninitiator = \"master\"\nraw = \"*\"\n";
  start_node(config_);
  run_until_told("t");
  stop_node();
  policy_ = "";
  start_node(config_);
  auto events = follow();
  EXPECT_TRUE(events->await_state("t", 1, "Stopped"));
}

TEST_F(NodeGrantTest, ManualApprovalLetsThatVeryTaskRun) {
  start_node(config_);
  grant({"--initiator", "master", "--raw", "a.csv", "--approval", "manual"});
  script("t", 1, "finish\n");
  create("t", 1);
  EXPECT_EQ(task_status("t", 1).body["state"], "AwaitingApproval");
  EXPECT_EQ(task_status("t", 1).body["msg"], "Created");
  const auto early = start("t", 1);
  EXPECT_EQ(early.status, 409);
  EXPECT_THAT(fault(early), HasSubstr("waits for the approval of the data owner"));
  // It waits through a restart.
  stop_node();
  start_node(config_);
  EXPECT_EQ(start("t", 1).status, 409);
  const auto shown = paictl({"pending"});
  EXPECT_THAT(shown.text, HasSubstr("t client 1 (feature_client)"));
  EXPECT_THAT(shown.text, HasSubstr("raw_data_path: a.csv"));
  EXPECT_THAT(shown.text, HasSubstr("paictl approve t --client 1 --digest "));
  auto events = follow();
  ASSERT_EQ(paictl({"approve", "t"}).code, 0);
  EXPECT_TRUE(events->await_state("t", 1, "Created"));
  ASSERT_EQ(start("t", 1).status, 200);
  EXPECT_TRUE(events->await_state("t", 1, "Finished"));
  EXPECT_THAT(paictl({"pending"}).text, HasSubstr("No task waits"));
}

TEST_F(NodeGrantTest, TaskThatIsAlteredAfterApprovalWaitsAnew) {
  start_node(config_);
  grant({"--initiator", "master", "--raw", "a.csv", "--approval", "manual"});
  ASSERT_EQ(prepare_with("t", {{"columns", {"X1"}}}).status, 200);
  ASSERT_EQ(commit("t", 1).status, 200);
  const auto read = json::parse(paictl({"pending", "-o", "json"}).text);
  const std::string digest = read["tasks"][0]["digest"];
  ASSERT_EQ(paictl({"approve", "t", "--digest", digest.substr(0, 16)}).code, 0);
  EXPECT_EQ(task_status("t", 1).body["state"], "Created");
  // In place: refused. By taking it back and creating another under its name: not approved.
  EXPECT_EQ(prepare_with("t", {{"columns", {"X1", "X2"}}}, "a2").status, 409);
  ASSERT_EQ(forget("t", 1).status, 200);
  ASSERT_EQ(prepare_with("t", {{"columns", {"X1", "X2"}}}, "a2").status, 200);
  ASSERT_EQ(commit("t", 1, "a2").status, 200);
  EXPECT_EQ(task_status("t", 1).body["state"], "AwaitingApproval");
  EXPECT_EQ(start("t", 1).status, 409);
  const auto late = paictl({"approve", "t", "--digest", digest.substr(0, 16)});
  EXPECT_NE(late.code, 0) << "the owner approves what it read, not what took its place";
  EXPECT_THAT(late.text, HasSubstr("another specification"));
  EXPECT_EQ(start("t", 1).status, 409);
}

TEST_F(NodeGrantTest, RejectedTaskNeverRuns) {
  start_node(config_);
  grant({"--initiator", "master", "--raw", "a.csv", "--approval", "manual"});
  create("t", 1);
  auto events = follow();
  ASSERT_EQ(paictl({"reject", "t", "--reason", "not this quarter"}).code, 0);
  const auto rejected = events->await_state("t", 1, "Rejected");
  ASSERT_TRUE(rejected);
  EXPECT_THAT((*rejected)["reason"].get<std::string>(), HasSubstr("rejected by the data owner: not this quarter"));
  EXPECT_EQ(task_status("t", 1).body["msg"], "Failed");
  EXPECT_EQ(start("t", 1).status, 409);
  EXPECT_EQ(paictl({"approve", "t"}).code, 1);
  EXPECT_EQ(remove("t", 1).status, 200);
}

TEST_F(NodeGrantTest, CheckSaysWhatIsMissing) {
  start_node(config_);
  write_text(folder_ / "policy-to-try.toml", "[[grants]]\nname = \"x\"\n");
  const auto policy = paictl({"grant", "check", "--policy", (folder_ / "policy-to-try.toml").string()});
  EXPECT_EQ(policy.code, 1);
  EXPECT_THAT(policy.text, HasSubstr("policy-to-try.toml:1"));
  EXPECT_THAT(policy.text, HasSubstr("initiator: is missing"));
}

TEST_F(NodeGrantTest, SocketIsItsOwnersOnlyAndOutlivesNonsense) {
  start_node(config_);
  struct stat status {};
  ASSERT_EQ(::stat((data() / "control.sock").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0600u);
  for (const std::string& nonsense : {std::string("no json\n"), std::string("[]\n"), std::string("{\"command\":\"rm\"}\n"),
                                      std::string("{\"command\":1}\n"), std::string("{\"command\":\"grant_add\",\"grant\":[]}\n"),
                                      std::string(100'000, '[') + "\n", std::string("half a line")}) {
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string path = (data() / "control.sock").string();
    ASSERT_LT(path.size(), sizeof address.sun_path);
    path.copy(address.sun_path, path.size());
    ASSERT_EQ(::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    ASSERT_EQ(::send(fd, nonsense.data(), nonsense.size(), MSG_NOSIGNAL), static_cast<ssize_t>(nonsense.size()));
    ::shutdown(fd, SHUT_WR);
    std::string answer(4096, '\0');
    const ssize_t got = ::recv(fd, answer.data(), answer.size(), 0);
    EXPECT_GT(got, 0) << nonsense.substr(0, 40);
    EXPECT_THAT(answer.substr(0, static_cast<std::size_t>(std::max<ssize_t>(got, 0))), HasSubstr("\"err\""));
    ::close(fd);
  }
  EXPECT_EQ(paictl({"grant", "list"}).code, 0);
}

TEST_F(NodeGrantTest, FaultyPolicyKeepsTheNodeFromStarting) {
  policy_ = "[[grants]]\nname = \"a\"\n\n[[grants]]\nuses = 0\n";
  try {
    start_node(config_);
    FAIL() << "the node started";
  } catch (const std::exception& fault) {
    EXPECT_THAT(fault.what(), HasSubstr("policy.toml:1"));
    EXPECT_THAT(fault.what(), HasSubstr("policy.toml:5"));
  }
  // And is found without starting it.
  const auto log = folder_ / "check.log";
  Process check({std::string(PAI_BIN_DIR) + "/pai-node", "--config", (folder_ / "node.toml").string(), "--name", "node", "--listen",
                 "127.0.0.1:" + std::to_string(port_), "--data-dir", data().string(), "--check-config"},
                log);
  const auto status = check.wait(seconds(20));
  EXPECT_TRUE(status && WIFEXITED(*status) && WEXITSTATUS(*status) != 0);
  EXPECT_THAT(read_text(log), HasSubstr("policy.toml:5: uses"));
}

TEST_F(NodeGrantTest, PolicyThatOthersCanWriteIsNoPolicy) {
  policy_ = "[[grants]]\nname = \"all\"\ninitiator = \"*\"\nraw = \"*\"\n";
  start_node(config_);
  std::filesystem::permissions(policy_file(), std::filesystem::perms::others_write, std::filesystem::perm_options::add);
  EXPECT_TRUE(await_log("can be written by others"));
  EXPECT_EQ(prepare("t", 1).status, 200) << "what was read before holds";
}

class InsecureGrantTest : public NodeGrantTest {
 protected:
  InsecureGrantTest() {
    secure_ = false;
    master_ = http::Client::make(std::nullopt);
  }
};

TEST_F(InsecureGrantTest, GrantsAreAskedForOnceOneWasMade) {
  start_node("");
  EXPECT_EQ(prepare("t", 1).status, 200);
  EXPECT_THAT(paictl({"grant", "list"}).text, HasSubstr("not asked for"));
  grant({"--name", "g", "--initiator", "*", "--raw", "b.csv"});
  EXPECT_EQ(prepare("u", 1).status, 403);
  ASSERT_EQ(paictl({"grant", "revoke", "g"}).code, 0);
  EXPECT_EQ(prepare("u", 1).status, 403) << "taking the last one back allows nothing";
}

TEST_F(InsecureGrantTest, NamedMasterIsNobodyHere) {
  write_text(folder_ / "p.toml", "[[grants]]\nname = \"g\"\ninitiator = \"master\"\nraw = \"*\"\n");
  start_node("policy = \"" + (folder_ / "p.toml").string() + "\"\n");
  EXPECT_EQ(prepare("t", 1).status, 403);
}

}  // namespace
}  // namespace pai::test
