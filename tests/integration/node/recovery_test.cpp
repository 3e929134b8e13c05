// pai-node is killed or stopped at bad moments and started again: what runs is taken over, what was half-made
// is gone.
#include <signal.h>

#include <thread>

#include "integration/node/node_fixture.h"

namespace pai::test {
namespace {

using nlohmann::json;
using std::chrono::seconds;

bool reads(const json& event) {
  return event.contains("progress") && event["progress"]["phase"] == "read";
}

class NodeRecoveryTest : public NodeTest {
 protected:
  NodeRecoveryTest() { start_node("stop_grace_s = 0.3\n"); }

  /// A running client that says it reads; its pid.
  pid_t run(const std::string& task, const std::string& text) {
    script(task, 1, text);
    create(task, 1);
    auto events = follow();
    EXPECT_EQ(start(task, 1).status, 200);
    EXPECT_TRUE(events->await([](const auto&, const json& event) { return reads(event); }));
    return pid_of(task, 1);
  }
};

TEST_F(NodeRecoveryTest, KilledNodeTakesItsClientOverAndSeesItsLaterEnd) {
  const pid_t pid = run("t", "report read 1 9\nwait gate\nfinish\n");
  kill_node();
  EXPECT_EQ(::kill(pid, 0), 0) << "the client died with its node";
  start_node();
  const auto status = task_status("t", 1);
  EXPECT_EQ(status.body["msg"], "Running");
  EXPECT_EQ(status.body["client"]["progress"]["done"], 1);
  EXPECT_EQ(pid_of("t", 1), pid);
  auto events = follow();
  open_gate("t", 1, "gate");
  const auto ended = events->await_state("t", 1, "Finished");
  ASSERT_TRUE(ended);
  EXPECT_EQ((*ended)["exit_code"], nullptr);
  EXPECT_EQ((*ended)["dataset"]["test_rows"], 1);
}

TEST_F(NodeRecoveryTest, StoppedNodeLeavesClientsRunning) {
  const pid_t pid = run("t", "on-term stopped asked to\nreport read 0 0\npause\n");
  stop_node();
  EXPECT_EQ(::kill(pid, 0), 0);
  start_node();
  EXPECT_EQ(stop("t", 1).body["client"]["state"], "Stopped");
  EXPECT_TRUE(wait_gone(pid, seconds(10)));
}

TEST_F(NodeRecoveryTest, AdoptedClientThatIgnoresAStopIsKilled) {
  const pid_t pid = run("t", "ignore-term\nreport read 0 0\npause\n");
  kill_node();
  start_node("stop_grace_s = 0.2\n");
  EXPECT_EQ(stop("t", 1).body["client"]["state"], "Stopped");
  EXPECT_TRUE(wait_gone(pid, seconds(10)));
}

TEST_F(NodeRecoveryTest, ClientThatFinishedMeanwhileIsFinished) {
  const pid_t pid = run("t", "report read 0 0\nwait gate\nfinish\n");
  kill_node();
  open_gate("t", 1, "gate");
  ASSERT_TRUE(wait_gone(pid, seconds(10)));
  start_node();
  EXPECT_EQ(task_status("t", 1).body["msg"], "Finished");
}

TEST_F(NodeRecoveryTest, ClientThatVanishedMeanwhileIsFailedWithTheReason) {
  const pid_t pid = run("t", "stage half.csv\nreport read 0 0\npause\n");
  kill_node();
  ::kill(pid, SIGKILL);
  ASSERT_TRUE(wait_gone(pid, seconds(10)));
  start_node();
  const auto status = task_status("t", 1);
  EXPECT_EQ(status.body["msg"], "Failed");
  EXPECT_EQ(status.body["client"]["reason"], "vanished while the node daemon was down");
  EXPECT_FALSE(std::filesystem::exists(data() / "datasets/.staging/t-1"));
}

TEST_F(NodeRecoveryTest, StopThatWasUnderWayGoesOnAfterARestart) {
  start_node("stop_grace_s = 600\n");
  const pid_t pid = run("t", "ignore-term\nreport read 0 0\npause\n");
  auto events = follow();
  // The answer comes only when the client is gone: the node dies before.
  std::thread asking([&] { (void)stop("t", 1); });
  EXPECT_TRUE(events->await_state("t", 1, "Stopping"));
  kill_node();
  asking.join();
  start_node("stop_grace_s = 0.2\n");
  EXPECT_TRUE(wait_gone(pid, seconds(10)));
  auto again = follow();
  EXPECT_TRUE(again->await_state("t", 1, "Stopped"));
}

TEST_F(NodeRecoveryTest, DeleteThatWasUnderWayIsFinished) {
  start_node("stop_grace_s = 600\n");
  const pid_t pid = run("t", "ignore-term\nreport read 0 0\npause\n");
  auto events = follow();
  std::thread asking([&] { (void)remove("t", 1); });
  EXPECT_TRUE(events->await_state("t", 1, "Stopping"));
  kill_node();
  asking.join();
  start_node("stop_grace_s = 0.2\n");
  EXPECT_TRUE(wait_gone(pid, seconds(10)));
  EXPECT_EQ(remove("t", 1).status, 200);
  EXPECT_FALSE(std::filesystem::exists(task_folder("t", 1)));
}

TEST_F(NodeRecoveryTest, PortAndOutputOfATakenOverClientStayItsOwn) {
  run("one", "on-term exit 0\nreport read 0 0\npause\n");
  create("two", 1);
  kill_node();
  start_node();
  EXPECT_EQ(start("two", 1).status, 409);
  auto body = preparation("three", 1);
  body["client_config"]["out_data_path"] = "one/out1";
  EXPECT_EQ(post("/createTask?" + query("three", 1) + "&step=prepare", body).status, 409);
}

TEST_F(NodeRecoveryTest, PreparationSurvivesAKillAndCanBeCommitted) {
  ASSERT_EQ(prepare("t", 1).status, 200);
  kill_node();
  start_node();
  EXPECT_EQ(commit("t", 1).status, 200);
  EXPECT_TRUE(std::filesystem::exists(task_folder("t", 1) / "task.json"));
}

TEST_F(NodeRecoveryTest, TaskFileThatDidNotComeToTheDiskIsWrittenAnew) {
  create("t", 1);
  const std::string before = read_text(task_folder("t", 1) / "task.json");
  kill_node();
  std::filesystem::resize_file(task_folder("t", 1) / "task.json", 0);  // a loss of power leaves such
  start_node();
  EXPECT_EQ(read_text(task_folder("t", 1) / "task.json"), before);
  EXPECT_EQ(start("t", 1).status, 200);
}

TEST_F(NodeRecoveryTest, CommitThatMovedTheFolderButWasNotRecordedIsTakenBack) {
  ASSERT_EQ(prepare("t", 1).status, 200);
  kill_node();
  std::filesystem::rename(data() / "staging/t-1", task_folder("t", 1));
  start_node();
  EXPECT_FALSE(std::filesystem::exists(task_folder("t", 1)));
  EXPECT_EQ(commit("t", 1).status, 200);
  EXPECT_EQ(start("t", 1).status, 200);
}

TEST_F(NodeRecoveryTest, PreparationThatExpiredWhileTheNodeWasDownIsGone) {
  ASSERT_EQ(prepare("t", 1).status, 200);
  kill_node();
  start_node("prepare_expiry_s = 0.1\n");
  EXPECT_TRUE(await_removed(data() / "staging/t-1"));
  EXPECT_EQ(task_status("t", 1).status, 404);
}

TEST_F(NodeRecoveryTest, FoldersOfNobodyAreRemovedAndForeignNamesLeft) {
  create("t", 1);
  kill_node();
  std::filesystem::create_directories(data() / "tasks/ghost-3");
  std::filesystem::create_directories(data() / "tasks/notes");
  std::filesystem::create_directories(data() / "staging/ghost-4");
  std::filesystem::create_directories(data() / "datasets/.staging/ghost-5");
  start_node();
  EXPECT_FALSE(std::filesystem::exists(data() / "tasks/ghost-3"));
  EXPECT_FALSE(std::filesystem::exists(data() / "staging/ghost-4"));
  EXPECT_FALSE(std::filesystem::exists(data() / "datasets/.staging/ghost-5"));
  EXPECT_TRUE(std::filesystem::exists(data() / "tasks/notes"));
  EXPECT_EQ(task_status("t", 1).body["msg"], "Created");
}

TEST_F(NodeRecoveryTest, FoldersThatNoNodeMadeAreLeftAlone) {
  kill_node();
  for (const char* path :
       {"tasks/sales-2024", "staging/sales-2024", "staging/precious", "datasets/.staging/mine"}) {
    std::filesystem::create_directories(data() / path);
    write_text(data() / path / "table.csv", "id\n1\n");
  }
  std::filesystem::create_directories(data() / "tasks/other-1");
  write_text(data() / "tasks/other-1/task.json", R"({"public":{"task_name":"another"},"client":1})");
  start_node();
  for (const char* path :
       {"tasks/sales-2024/table.csv", "staging/sales-2024/table.csv", "staging/precious/table.csv",
        "datasets/.staging/mine/table.csv", "tasks/other-1/task.json"}) {
    EXPECT_TRUE(std::filesystem::exists(data() / path)) << path;
  }
}

TEST_F(NodeRecoveryTest, MissingTaskFolderIsWrittenAnew) {
  create("t", 1);
  kill_node();
  std::filesystem::remove_all(task_folder("t", 1));
  start_node();
  EXPECT_TRUE(std::filesystem::exists(task_folder("t", 1) / "task.json"));
  EXPECT_EQ(start("t", 1).status, 200);
}

TEST_F(NodeRecoveryTest, ClientOfALostDatabaseIsNotOrphaned) {
  const pid_t pid = run("t", "ignore-term\nreport read 0 0\npause\n");
  kill_node();
  for (const char* name : {"node.db", "node.db-wal", "node.db-shm"}) std::filesystem::remove(data() / name);
  start_node();
  EXPECT_TRUE(wait_gone(pid, seconds(10)));
  EXPECT_FALSE(std::filesystem::exists(task_folder("t", 1)));
}

TEST_F(NodeRecoveryTest, SecondDaemonOnTheSameFolderIsRefused) {
  Process second({std::string(PAI_BIN_DIR) + "/pai-node", "--name", "other", "--listen", "127.0.0.1:0",
                  "--data-dir", data().string(), "--insecure"},
                 folder_ / "second.log");
  const auto status = second.wait(seconds(20));
  ASSERT_TRUE(status);
  EXPECT_NE(*status, 0);
  EXPECT_EQ(task_status("t", 1).status, 404) << "the first one is no longer there";
}

}  // namespace
}  // namespace pai::test
