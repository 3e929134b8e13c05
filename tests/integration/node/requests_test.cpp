// Bad requests to a real pai-node: the right code, a message that helps, nothing left behind; and what
// operators ask.
#include <sys/stat.h>
#include <unistd.h>

#include "integration/node/node_fixture.h"

namespace pai::test {
namespace {

using nlohmann::json;
using std::chrono::seconds;

class NodeRequestTest : public NodeTest {
 protected:
  NodeRequestTest() { start_node(); }

  NodeAnswer prepare_with(const std::string& key, const json& value) {
    auto body = preparation("t", 1);
    body["client_config"][key] = value;
    return post("/createTask?" + query("t", 1) + "&step=prepare", body);
  }
  void expect_nothing_left() {
    EXPECT_TRUE(std::filesystem::is_empty(data() / "staging"));
    EXPECT_TRUE(std::filesystem::is_empty(data() / "tasks"));
    EXPECT_EQ(get("/livez").status, 200);
  }
};

TEST_F(NodeRequestTest, WrongParametersAre400) {
  const std::string good = preparation("t", 1).dump();
  const std::vector<std::string> targets = {
      "/createTask?step=prepare",
      "/createTask?task_name=t&step=prepare",
      "/createTask?client=1&step=prepare",
      "/createTask?task_name=t&client=1",
      "/createTask?task_name=t&client=1&step=later",
      "/createTask?task_name=t&client=-1&step=prepare",
      "/createTask?task_name=t&client=7&step=prepare",
      "/createTask?task_name=t&client=1x&step=prepare",
      "/createTask?task_name=other&client=1&step=prepare",
      "/createTask?task_name=t%3Brm&client=1&step=prepare",
      "/createTask?task_name=..%2F..%2Fevil&client=1&step=prepare",
      "/createTask?task_name=" + std::string(300, 'a') + "&client=1&step=prepare",
      "/createTask?task_name=t&client=99999999999999999999&step=prepare",
  };
  for (const auto& target : targets) {
    const auto answer = call(http::Method::kPost, target, good);
    EXPECT_EQ(answer.status, 400) << target << " " << answer.body;
    EXPECT_EQ(answer.body["status"], "err") << target;
  }
  expect_nothing_left();
}

TEST_F(NodeRequestTest, WrongBodiesAre400) {
  const std::string target = "/createTask?" + query("t", 1) + "&step=prepare";
  for (const std::string body :
       {"", "{", "[]", "7", "{\"public\":{}}", "{\"public\":1,\"client_config\":2,\"attempt\":\"a\"}",
        "{\"attempt\":7,\"public\":{},\"client_config\":{}}", "{\"a\":1,\"a\":2}", "\xff"}) {
    const auto answer = call(http::Method::kPost, target, body);
    EXPECT_EQ(answer.status, 400) << body << " " << answer.body;
  }
  auto extra = preparation("t", 1);
  extra["node"] = {{"raw_root", "/"}};
  EXPECT_EQ(post(target, extra).status, 400);
  auto attempt = preparation("t", 1);
  attempt["attempt"] = "../x";
  EXPECT_EQ(post(target, attempt).status, 400);
  expect_nothing_left();
}

TEST_F(NodeRequestTest, PathsThatLeaveTheRootsAreRefused) {
  std::filesystem::create_symlink("/etc/passwd", data() / "raw/link.csv");
  std::filesystem::create_directory_symlink("/etc", data() / "raw/etc");
  ::mkfifo((data() / "raw/pipe.csv").c_str(), 0600);
  std::filesystem::create_directory(data() / "raw/folder.csv");
  for (const std::string path : {"../../../etc/passwd", "/etc/passwd", "", ".", "a/../../b", "link.csv",
                                 "etc/passwd", "pipe.csv", "folder.csv", "missing.csv", "a.csv/x"}) {
    const auto answer = prepare_with("raw_data_path", path);
    EXPECT_EQ(answer.status, 400) << path << " " << answer.body;
  }
  for (const std::string path : {"../out", "/tmp/out", "", ".staging/x", ".staging"}) {
    const auto answer = prepare_with("out_data_path", path);
    EXPECT_EQ(answer.status, 400) << path << " " << answer.body;
  }
  expect_nothing_left();
}

TEST_F(NodeRequestTest, SymlinkAmongTheDataSetsLeadsNowhere) {
  const auto outside = folder_ / "outside";
  std::filesystem::create_directory(outside);
  std::filesystem::create_directory_symlink(outside, data() / "datasets/link");
  EXPECT_GE(prepare_with("out_data_path", "link/out").status, 400);
  EXPECT_TRUE(std::filesystem::is_empty(outside));
  expect_nothing_left();
}

TEST_F(NodeRequestTest, FaultOfTheTableNamesTheSettingAndTheFile) {
  write_text(data() / "raw/empty.csv", "");
  write_text(data() / "raw/header.csv", "id,X1\n");
  write_text(data() / "raw/quote.csv", "id,\"X1\n1,2\n");
  for (const std::string path : {"empty.csv", "header.csv", "quote.csv"}) {
    const auto answer = prepare_with("raw_data_path", path);
    EXPECT_EQ(answer.status, 400) << path << " " << answer.body;
    EXPECT_NE(answer.body.dump().find("client_config.raw_data_path"), std::string::npos) << answer.body;
    EXPECT_NE(answer.body.dump().find(path), std::string::npos) << answer.body;
  }
  const auto columns = prepare_with("columns", {"X3"});
  EXPECT_EQ(columns.status, 400);
  EXPECT_NE(columns.body.dump().find("X3"), std::string::npos);
  EXPECT_EQ(prepare_with("id_column", "nobody").status, 400);
  expect_nothing_left();
}

TEST_F(NodeRequestTest, UnreadableFileIsAnErrorThatSaysSo) {
  if (::geteuid() == 0) GTEST_SKIP() << "root reads everything";
  ::chmod((data() / "raw/a.csv").c_str(), 0);
  EXPECT_EQ(prepare("t", 1).status, 400);
}

TEST_F(NodeRequestTest, UnknownClientsRoutesAndMethods) {
  EXPECT_EQ(start("nobody", 1).status, 404);
  EXPECT_EQ(task_status("nobody", 1).status, 404);
  EXPECT_EQ(get("/queryLog?" + query("nobody", 1)).status, 404);
  EXPECT_EQ(remove("nobody", 1).status, 200);
  EXPECT_EQ(forget("nobody", 1).status, 200);
  EXPECT_EQ(commit("nobody", 1).status, 409);
  EXPECT_EQ(get("/nothing").status, 404);
  EXPECT_EQ(get("/createTask").status, 405);
  EXPECT_EQ(post("/livez").status, 405);
}

TEST_F(NodeRequestTest, StartBeforeCommitIsAConflict) {
  ASSERT_EQ(prepare("t", 1).status, 200);
  EXPECT_EQ(start("t", 1).status, 409);
  EXPECT_EQ(post("/startTask?" + query("t", 1) + "&run_id=NOTHEX").status, 400);
  EXPECT_EQ(post("/startTask?" + query("t", 1)).status, 400);
  EXPECT_EQ(get("/monitor?query=weather&" + query("t", 1)).status, 400);
  EXPECT_EQ(get("/queryLog?tail=0&" + query("t", 1)).status, 400);
}

TEST_F(NodeRequestTest, OperatorsAreAnswered) {
  EXPECT_EQ(get("/livez").status, 200);
  EXPECT_EQ(get("/readyz").status, 200);
  const auto version = get("/version");
  EXPECT_EQ(version.body["program"], "pai-node");
  EXPECT_EQ(version.body["node"], "node");
  EXPECT_TRUE(version.body["time"].is_number());
  EXPECT_TRUE(version.body["certificate_not_after"].is_null());
  create("t", 1);
  const auto metrics =
      master_->call({.host = "127.0.0.1", .port = static_cast<std::uint16_t>(port_)}, {.target = "/metrics"});
  ASSERT_TRUE(metrics.ok());
  EXPECT_NE(metrics->body.find("pai_node_clients{state=\"Created\",type=\"alignment_data\"} 1"), std::string::npos) << metrics->body;
  EXPECT_NE(metrics->body.find("pai_http_requests_total"), std::string::npos);
  EXPECT_NE(metrics->body.find("pai_disk_free_bytes"), std::string::npos);
}

class NodeConfigTest : public NodeTest {
 protected:
  /// Exit status and output of pai-node with these arguments.
  std::pair<int, std::string> run(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), std::string(PAI_BIN_DIR) + "/pai-node");
    const auto log = folder_ / "run.log";
    std::filesystem::remove(log);
    Process process(arguments, log);
    const auto status = process.wait(seconds(20));
    return {status.value_or(-1), read_text(log)};
  }
};

TEST_F(NodeConfigTest, WithoutCertificatesAndWithoutInsecureItSaysWhatToDo) {
  const auto [status, text] =
      run({"--name", "n", "--listen", "127.0.0.1:0", "--data-dir", (folder_ / "d").string()});
  EXPECT_NE(status, 0);
  EXPECT_NE(text.find("--insecure"), std::string::npos) << text;
  EXPECT_FALSE(std::filesystem::exists(folder_ / "d"));
}

TEST_F(NodeConfigTest, InsecureIsForLoopbackOnly) {
  const auto [status, text] =
      run({"--name", "n", "--listen", "0.0.0.0:0", "--data-dir", (folder_ / "d").string(), "--insecure"});
  EXPECT_NE(status, 0);
  EXPECT_NE(text.find("loopback"), std::string::npos) << text;
}

TEST_F(NodeConfigTest, AllFaultsAreToldTogether) {
  write_text(folder_ / "bad.toml", "computation_ports = \"9-3\"\npeer_lost_s = 1.0\nheartbeat_s = 2.0\n");
  const auto [status, text] = run({"--config", (folder_ / "bad.toml").string(), "--name", "n", "--listen",
                                   "10.0.0.1:1", "--data-dir", (folder_ / "d").string(), "--insecure"});
  EXPECT_NE(status, 0);
  for (const char* part : {"computation_ports", "peer_lost_s", "loopback"}) {
    EXPECT_NE(text.find(part), std::string::npos) << part << " in " << text;
  }
}

TEST_F(NodeConfigTest, CheckConfigLooksAtTheMachine) {
  write_text(folder_ / "c.toml", "client_program = \"/nowhere/pai-client\"\n");
  const std::vector<std::string> rest{
      "--name",        "n", "--listen", "127.0.0.1:0", "--data-dir", (folder_ / "d").string(), "--insecure",
      "--check-config"};
  auto with_file = rest;
  with_file.insert(with_file.begin(), {"--config", (folder_ / "c.toml").string()});
  const auto [bad, text] = run(with_file);
  EXPECT_NE(bad, 0);
  EXPECT_NE(text.find("client_program"), std::string::npos) << text;
  write_text(folder_ / "c.toml", "client_program = \"/bin/true\"\n");
  const auto [good, fine] = run(with_file);
  EXPECT_EQ(good, 0) << fine;
  EXPECT_FALSE(std::filesystem::exists(folder_ / "d"));
}

}  // namespace
}  // namespace pai::test
