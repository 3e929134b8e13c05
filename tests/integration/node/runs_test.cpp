// A real pai-node launches the scripted client: every way a run can begin and end.
#include <arpa/inet.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "common/task/hash_chain.h"
#include "integration/node/node_fixture.h"

namespace pai::test {
namespace {

using nlohmann::json;
using std::chrono::seconds;

class NodeRunTest : public NodeTest {
 protected:
  NodeRunTest() { start_node("stop_grace_s = 0.3\n"); }

  json run_to(const std::string& task, int client, const std::string& text, const std::string& state) {
    script(task, client, text);
    create(task, client);
    auto events = follow();
    EXPECT_EQ(start(task, client).status, 200);
    return events->await_state(task, client, state).value_or(json::object());
  }
};

TEST_F(NodeRunTest, FinishedClientLeavesItsDataSetAndItsExitCode) {
  const json status = run_to("t", 1, "report read 1 2\nfinish\n", "Finished");
  EXPECT_EQ(status["exit_code"], 0);
  EXPECT_EQ(status["reason"].get<std::string>(), "");
  EXPECT_EQ(status["dataset"]["train_rows"], 4);
  const auto rows = get("/monitor?query=data_status&" + query("t", 1));
  EXPECT_EQ(rows.body["msg"], json({4, 1}));
  EXPECT_TRUE(std::filesystem::exists(data() / "datasets/t/out1/train.csv"));
}

TEST_F(NodeRunTest, ExitCodeWithoutReportIsAFailureThatQuotesTheLastErrorLine) {
  const json status = run_to("t", 1, "log-error out of cheese\nexit 7\n", "Failed");
  EXPECT_EQ(status["exit_code"], 7);
  EXPECT_EQ(status["reason"], "exited with code 7 without a report: out of cheese");
}

TEST_F(NodeRunTest, DeathBySignalIsNamed) {
  const json status = run_to("t", 1, "report read 0 0\nsignal 9\n", "Failed");
  EXPECT_EQ(status["signal"], 9);
  EXPECT_EQ(status["exit_code"], nullptr);
  EXPECT_EQ(status["reason"], "killed by signal 9");
}

TEST_F(NodeRunTest, OwnAccountOfAFailureNamesTheBlamedPeer) {
  const json status = run_to("t", 1, "fail blames=2 peer 2 lost\nexit 1\n", "Failed");
  EXPECT_EQ(status["blames"], 2);
  EXPECT_EQ(status["reason"], "peer 2 lost");
}

TEST_F(NodeRunTest, UnreadableReportCountsAsNone) {
  const json status = run_to("t", 1, "raw-report {\"state\":\nexit 3\n", "Failed");
  EXPECT_EQ(status["reason"], "exited with code 3 without a report");
}

TEST_F(NodeRunTest, ProgramThatCannotBeRunFailsTheStartAndSaysWhich) {
  const auto program = folder_ / "no-program";
  write_text(program, "this is no program\n");
  ::chmod(program.c_str(), 0755);
  start_node("", program.string());
  create("t", 1);
  const auto answer = start("t", 1);
  EXPECT_EQ(answer.status, 500) << answer.body;
  EXPECT_NE(answer.message().find("no-program"), std::string::npos) << answer.body;
  const auto status = task_status("t", 1);
  EXPECT_EQ(status.body["msg"], "Failed");
  EXPECT_TRUE(processes_with((folder_ / "node/tasks").string()).empty());
}

TEST_F(NodeRunTest, MissingProgramIsTheNodesFaultAndNoUnknownClient) {
  start_node("", (folder_ / "nothing").string());
  create("t", 1);
  const auto answer = start("t", 1);
  EXPECT_EQ(answer.status, 500) << answer.body;
  EXPECT_NE(answer.message().find("nothing"), std::string::npos) << answer.body;
  EXPECT_EQ(task_status("t", 1).body["msg"], "Failed");
  // Once it is there, a new start works.
  start_node();
  EXPECT_EQ(start("t", 1, "b2").status, 200);
}

TEST_F(NodeRunTest, ClientInheritsNoDescriptorNoEnvironmentAndAGroupOfItsOwn) {
  script("t", 1, "on-term exit 0\nreport read 0 0\npause\n");
  create("t", 1);
  auto events = follow();
  ASSERT_EQ(start("t", 1).status, 200);
  ASSERT_TRUE(events->await(
      [](const auto&, const json& e) { return e.contains("progress") && e["progress"]["phase"] == "read"; }));
  const pid_t pid = pid_of("t", 1);
  EXPECT_EQ(::getpgid(pid), pid);
  EXPECT_EQ(::getsid(pid), pid);
  const std::filesystem::path proc = "/proc/" + std::to_string(pid);
  for (const auto& fd : std::filesystem::directory_iterator(proc / "fd")) {
    const std::string target = std::filesystem::read_symlink(fd).string();
    EXPECT_TRUE(target == "/dev/null" || target.ends_with("/log.txt")) << fd.path() << " -> " << target;
  }
  std::string environment = read_text(proc / "environ");
  for (std::size_t at = 0; at < environment.size(); at = environment.find('\0', at) + 1) {
    const std::string variable = environment.c_str() + at;
    EXPECT_TRUE(variable.starts_with("PATH=") || variable.starts_with("LANG=") || variable.starts_with("TZ="))
        << variable;
  }
  EXPECT_EQ(std::filesystem::status(task_folder("t", 1) / "log.txt").permissions(),
            std::filesystem::perms(0600));
  EXPECT_EQ(stop("t", 1).status, 200);
}

TEST_F(NodeRunTest, StopAsksFirstAndTheClientsOwnEndIsTaken) {
  script("t", 1, "on-term stopped asked to\nreport read 0 0\npause\n");
  create("t", 1);
  auto events = follow();
  ASSERT_EQ(start("t", 1).status, 200);
  ASSERT_TRUE(events->await(
      [](const auto&, const json& e) { return e.contains("progress") && e["progress"]["phase"] == "read"; }));
  const auto answer = post("/stopTask?" + query("t", 1) + "&reason=enough");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body["client"]["state"], "Stopped");
  EXPECT_EQ(answer.body["client"]["reason"], "stopped: enough");
  EXPECT_EQ(answer.body["client"]["exit_code"], 0);
}

TEST_F(NodeRunTest, ClientThatIgnoresTheStopIsKilledWithAllItStarted) {
  script("t", 1, "ignore-term\nspawn\nstage half.csv\nreport read 0 0\npause\n");
  create("t", 1);
  auto events = follow();
  ASSERT_EQ(start("t", 1).status, 200);
  ASSERT_TRUE(events->await(
      [](const auto&, const json& e) { return e.contains("progress") && e["progress"]["phase"] == "read"; }));
  const pid_t child = std::stoi(read_text(task_folder("t", 1) / "child.pid"));
  const auto answer = stop("t", 1);
  EXPECT_EQ(answer.body["client"]["state"], "Stopped") << answer.body;
  EXPECT_EQ(answer.body["client"]["signal"], 9);
  EXPECT_TRUE(wait_gone(child, seconds(10)));
  EXPECT_FALSE(std::filesystem::exists(data() / "datasets/.staging/t-1"));
}

TEST_F(NodeRunTest, StopOfAnotherRunLeavesThisOneAlone) {
  script("t", 1, "on-term exit 0\nreport read 0 0\npause\n");
  create("t", 1);
  EXPECT_EQ(start("t", 1, "b2").status, 200);
  const auto late = post("/stopTask?" + query("t", 1) + "&run_id=b1");
  EXPECT_EQ(late.status, 200);
  EXPECT_EQ(late.body["client"]["state"], "Running");
  EXPECT_EQ(task_status("t", 1).body["msg"], "Running");
  EXPECT_EQ(post("/stopTask?" + query("t", 1) + "&run_id=b2").body["client"]["state"], "Stopped");
}

TEST_F(NodeRunTest, StopBeforeStartLeavesNoProcess) {
  create("t", 1);
  const auto answer = stop("t", 1);
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body["client"]["state"], "Stopped");
  EXPECT_EQ(stop("t", 1).status, 200);
  EXPECT_EQ(stop("unknown", 1).status, 200);
  EXPECT_TRUE(processes_with((folder_ / "node/tasks").string()).empty());
}

TEST_F(NodeRunTest, ClientThatHangsAfterItsLastWordIsEnded) {
  const json status = run_to("t", 1, "ignore-term\nfinish\npause\n", "Finished");
  EXPECT_EQ(status["signal"], 9);
}

TEST_F(NodeRunTest, StartIsOkAgainForTheSameRunAndAConflictForAnother) {
  script("t", 1, "on-term exit 0\npause\n");
  create("t", 1);
  EXPECT_EQ(start("t", 1, "b1").status, 200);
  EXPECT_EQ(start("t", 1, "b1").status, 200);
  EXPECT_EQ(start("t", 1, "b2").status, 409);
  EXPECT_EQ(stop("t", 1).status, 200);
  // Ended: the same run is ok, and stays ended; a new one is launched.
  EXPECT_EQ(start("t", 1, "b1").body["client"]["state"], "Stopped");
  auto events = follow();
  EXPECT_EQ(start("t", 1, "b2").body["client"]["state"], "Running");
  EXPECT_EQ(stop("t", 1).status, 200);
}

TEST_F(NodeRunTest, PortOfARunningClientIsAConflictThatNamesIt) {
  script("one", 1, "on-term exit 0\npause\n");
  create("one", 1);
  create("two", 1);
  ASSERT_EQ(start("one", 1).status, 200);
  for (const std::string check : {"", "&check=true"}) {
    const auto answer = post("/startTask?" + query("two", 1) + "&run_id=b1" + check);
    EXPECT_EQ(answer.status, 409);
    EXPECT_NE(answer.message().find("task 'one' client 1"), std::string::npos) << answer.body;
  }
  EXPECT_EQ(stop("one", 1).status, 200);
  EXPECT_EQ(post("/startTask?" + query("two", 1) + "&check=true").status, 200);
  EXPECT_EQ(start("two", 1).status, 200);
}

TEST_F(NodeRunTest, PortOfAnotherProcessIsAConflict) {
  create("t", 1);
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port_of(1)));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(::listen(fd, 1), 0);
  const auto answer = start("t", 1);
  EXPECT_EQ(answer.status, 409);
  EXPECT_NE(answer.message().find("another process"), std::string::npos) << answer.body;
  EXPECT_EQ(task_status("t", 1).body["msg"], "Created");
  ::close(fd);
  EXPECT_EQ(start("t", 1).status, 200);
}

TEST_F(NodeRunTest, RawFileThatVanishedStopsTheStart) {
  create("t", 1);
  std::filesystem::remove(data() / "raw/a.csv");
  const auto answer = start("t", 1);
  EXPECT_EQ(answer.status, 400) << answer.body;
  EXPECT_EQ(answer.body["error"]["details"][0]["path"], "client_config.raw_data_path");
  EXPECT_EQ(task_status("t", 1).body["msg"], "Created");
}

TEST_F(NodeRunTest, DeleteStopsAndRemovesButKeepsTheDataSetUnlessTold) {
  run_to("keep", 1, "finish\n", "Finished");
  EXPECT_EQ(remove("keep", 1).status, 200);
  EXPECT_FALSE(std::filesystem::exists(task_folder("keep", 1)));
  EXPECT_TRUE(std::filesystem::exists(data() / "datasets/keep/out1/dataset.json"));
  EXPECT_EQ(task_status("keep", 1).status, 404);
  run_to("drop", 1, "finish\n", "Finished");
  EXPECT_EQ(remove("drop", 1, true).status, 200);
  EXPECT_FALSE(std::filesystem::exists(data() / "datasets/drop/out1"));
  script("busy", 1, "ignore-term\npause\n");
  create("busy", 1);
  EXPECT_EQ(start("busy", 1).status, 200);
  EXPECT_EQ(remove("busy", 1).status, 200);
  EXPECT_EQ(remove("busy", 1).status, 200);
  EXPECT_TRUE(processes_with((folder_ / "node/tasks").string()).empty());
}

TEST_F(NodeRunTest, DataSetOfAnotherTaskIsAConflictUnlessOverwriteIsSet) {
  run_to("first", 1, "finish\n", "Finished");
  auto body = preparation("second", 1);
  body["client_config"]["out_data_path"] = "first/out1";
  const auto refused = post("/createTask?" + query("second", 1) + "&step=prepare", body);
  EXPECT_EQ(refused.status, 409);
  EXPECT_NE(refused.message().find("task 'first' client 1"), std::string::npos) << refused.body;
  body["client_config"]["out_data_path"] = "first/out1/inner";
  EXPECT_EQ(post("/createTask?" + query("second", 1) + "&step=prepare", body).status, 409);
  body["client_config"]["out_data_path"] = "first/out1";
  body["client_config"]["overwrite"] = true;
  EXPECT_EQ(post("/createTask?" + query("second", 1) + "&step=prepare", body).status, 200);
}

TEST_F(NodeRunTest, ANewTaskOfADeletedOnesNameDoesNotReplaceItsDataSetUnasked) {
  run_to("t", 1, "finish\n", "Finished");
  auto events = follow();
  EXPECT_EQ(start("t", 1, "b2").status, 200);  // the task itself may be run again
  ASSERT_TRUE(events->await([](const auto&, const json& event) {
    return event.value("run_id", "") == "b2" && event.value("state", "") == "Finished";
  }));
  ASSERT_EQ(remove("t", 1).status, 200);
  for (int restarted = 0; restarted < 2; ++restarted) {
    const auto refused = prepare("t", 1, "a2");
    EXPECT_EQ(refused.status, 409);
    EXPECT_NE(refused.message().find("which was deleted"), std::string::npos) << refused.body;
    stop_node();
    start_node();
  }
  auto body = preparation("t", 1, "a3");
  body["client_config"]["overwrite"] = true;
  ASSERT_EQ(post("/createTask?" + query("t", 1) + "&step=prepare", body).status, 200);
  ASSERT_EQ(commit("t", 1, "a3").status, 200);
  EXPECT_EQ(remove("t", 1, true).status, 200);
  EXPECT_TRUE(std::filesystem::exists(data() / "datasets/t/out1/dataset.json"));  // it is not this task's
}

TEST_F(NodeRunTest, ADataSetThatNodeDbDoesNotKnowIsNoNewTasks) {
  std::filesystem::create_directories(data() / "datasets/t/out1");
  write_text(data() / "datasets/t/out1/dataset.json", R"({"task": "t"})");
  EXPECT_EQ(prepare("t", 1).status, 409);
}

TEST_F(NodeRunTest, AStartThatComesAfterItsStopDoesNothing) {
  create("t", 1);
  EXPECT_EQ(post("/stopTask?" + query("t", 1) + "&run_id=b1").status, 200);
  const auto late = start("t", 1, "b1");
  EXPECT_EQ(late.status, 200);
  EXPECT_EQ(late.body["client"]["state"], "Stopped") << late.body;
  EXPECT_EQ(late.body["client"]["run_id"], "b1");
  EXPECT_EQ(start("t", 1, "b2").body["client"]["state"], "Running");
}

TEST_F(NodeRunTest, AReasonQuotesNoEarlierRunsLog) {
  run_to("t", 1, "log-error the first run's fault\nexit 7\n", "Failed");
  script("t", 1, "exit 8\n");
  auto events = follow();
  ASSERT_EQ(start("t", 1, "b2").status, 200);
  ASSERT_TRUE(events->await(
      [](const auto&, const json& event) { return event.contains("exit_code") && event["exit_code"] == 8; }));
  const auto status = task_status("t", 1).body["client"];
  EXPECT_EQ(status["exit_code"], 8) << status;
  EXPECT_EQ(status["reason"].get<std::string>().find("first run"), std::string::npos) << status;
}

TEST_F(NodeRunTest, ListIsPagedAndAnUnknownParameterIsRefused) {
  for (int client : {0, 1, 2}) create("t", client);
  EXPECT_EQ(stop("t", 0).status, 200);
  const auto page = get("/listTasks?limit=2&page=2");
  ASSERT_EQ(page.status, 200) << page.body;
  EXPECT_EQ(page.body["total"], 3);
  EXPECT_EQ(page.body["clients"].size(), 1u);
  EXPECT_EQ(get("/listTasks?status=Stopped").body["clients"][0]["client"], 0);
  for (const char* bad : {"limit=0", "limit=1001", "page=0", "status=Odd", "limt=1"}) {
    EXPECT_EQ(get(std::string("/listTasks?") + bad).status, 400) << bad;
  }
  EXPECT_NE(get("/listTasks?limt=1").body.dump().find("limit"), std::string::npos);
  EXPECT_EQ(get("/version?x=1").status, 400);
}

TEST_F(NodeRunTest, DataSetThatItsOwnerRemovedIsNobodys) {
  run_to("first", 1, "finish\n", "Finished");
  std::filesystem::remove_all(data() / "datasets/first/out1");
  auto body = preparation("second", 1);
  body["client_config"]["out_data_path"] = "first/out1";
  EXPECT_EQ(post("/createTask?" + query("second", 1) + "&step=prepare", body).status, 200);
}

TEST_F(NodeRunTest, LogIsSharedAsFarAsTheOwnerSays) {
  run_to("t", 1, "say hello\nlog-error bad\nfinish\n", "Finished");
  EXPECT_NE(get("/queryLog?" + query("t", 1)).message().find("hello"), std::string::npos);
  EXPECT_EQ(get("/queryLog?tail=1&" + query("t", 1)).message().find("hello"), std::string::npos);
  stop_node();
  start_node("share_logs = \"errors\"\n");
  const auto errors = get("/queryLog?" + query("t", 1));
  EXPECT_EQ(errors.message().find("hello"), std::string::npos);
  EXPECT_NE(errors.message().find("bad"), std::string::npos);
  stop_node();
  start_node("share_logs = \"none\"\n");
  EXPECT_EQ(get("/queryLog?" + query("t", 1)).status, 403);
}

TEST_F(NodeRunTest, WhatLeftAClientIsSharedAsFarAsTheOwnerSays) {
  run_to("t", 1, "finish\n", "Finished");
  task::HashChain chain;
  const auto begin = chain.append({{"time", "2026-11-28T00:00:00Z"}, {"event", "begin"}, {"task", "t"}, {"client", 1}, {"run", "r"}, {"digest", "d"}});
  test::write_text(data() / "tasks/t-1/disclosures.jsonl", begin);
  const auto ask = [&](const std::string& what) { return get("/monitor?query=" + what + "&" + query("t", 1)); };
  EXPECT_EQ(ask("traffic").body["msg"], json::array());
  EXPECT_EQ(ask("ledger").body["msg"]["head"], chain.head().hash);
  EXPECT_EQ(ask("ledgers").status, 400);
  stop_node();
  start_node("share_ledger = \"totals\"\n");
  EXPECT_EQ(ask("traffic").status, 200);
  EXPECT_EQ(ask("ledger").status, 403);
  EXPECT_NE(ask("ledger").body.dump().find("share_ledger"), std::string::npos);
  stop_node();
  start_node("share_ledger = \"none\"\n");
  EXPECT_EQ(ask("traffic").status, 403);
  EXPECT_EQ(ask("ledger").status, 403);
}

}  // namespace
}  // namespace pai::test
