// Deaths and restarts: whatever dies, and whenever, the task ends with the first cause named, or goes on; nothing is left.
// A party that only waits (ClusterOptions::waiting_nodes) holds the others in the middle of their task.

#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <random>

#include "support/cluster.h"
#include "support/tables.h"

namespace pai::test {
namespace {

using std::chrono::seconds;
using std::chrono::steady_clock;

std::vector<Cells> numbered(int rows) {
  std::vector<Cells> table{{"id", "v"}};
  for (int i = 0; i < rows; ++i) table.push_back({"person-" + std::to_string(i), std::to_string(i)});
  std::minstd_rand generator(static_cast<unsigned>(rows));
  std::shuffle(table.begin() + 1, table.end(), generator);
  return table;
}

nlohmann::json three_parties(Cluster& cluster, const std::string& name, int rows = 100) {
  std::vector<Party> parties{{.role = "main_client", .node = 0}};
  for (int node = 1; node <= 2; ++node) {
    const std::string file = "table" + std::to_string(rows) + ".csv";
    if (!std::filesystem::exists(cluster.raw(node, file))) write_text(cluster.raw(node, file), to_csv(numbered(rows)));
    parties.push_back({.role = node == 2 ? "label_client" : "feature_client",
                       .node = node,
                       .settings = {{"raw_data_path", file}, {"out_data_path", "out-" + name}}});
  }
  return cluster.task(name, parties);
}

void start(Cluster& cluster, const nlohmann::json& document) {
  const std::string name = document.at("task_name");
  ASSERT_EQ(cluster.post("/createTask", document).status, 200);
  const auto started = cluster.post("/startTask?task_name=" + name);
  ASSERT_EQ(started.status, 200) << started.body;
}

/// No client of the cluster's folder runs, and each computation port can be bound again.
void expect_nothing_left(Cluster& cluster) {
  for (const pid_t pid : processes_with(cluster.folder().string() + "/node")) {
    const auto command = read_text("/proc/" + std::to_string(pid) + "/cmdline");
    if (command.find("task.json") != std::string::npos) ADD_FAILURE() << "left running: " << command;
  }
  for (int node = 0; node < 3; ++node) {
    std::error_code none;
    for (const auto& entry : std::filesystem::directory_iterator(cluster.node_folder(node) / "datasets" / ".staging", none)) {
      ADD_FAILURE() << "left behind: " << entry.path();
    }
    for (const auto& entry : std::filesystem::directory_iterator(cluster.node_folder(node) / "staging", none)) {
      ADD_FAILURE() << "left behind: " << entry.path();
    }
  }
}

TEST(Death, OfAClientFailsTheTaskWithinThreeSecondsAndIsTheCause) {
  for (const int victim : {0, 1}) {
    Cluster cluster({.nodes = 3, .waiting_nodes = {2}});
    start(cluster, three_parties(cluster, "held"));
    ::kill(cluster.client_pid("held", victim, victim), SIGKILL);
    const auto killed = steady_clock::now();
    EXPECT_EQ(cluster.await_end("held", seconds(10)), "Failed");
    EXPECT_LT(steady_clock::now() - killed, seconds(3));
    const auto status = cluster.full_status("held");
    const std::string cause = status.at("cause");
    EXPECT_NE(cause.find("client " + std::to_string(victim)), std::string::npos) << cause;
    EXPECT_NE(cause.find("signal 9"), std::string::npos) << cause;
    expect_nothing_left(cluster);
  }
}

TEST(Death, OfAClientAtAnyMomentEndsTheTaskOneWayOrTheOther) {
  Cluster cluster({.nodes = 3});
  std::minstd_rand generator(20261122);
  for (int round = 0; round < 6; ++round) {
    const std::string name = "moment" + std::to_string(round);
    const int victim = round % 3;
    start(cluster, three_parties(cluster, name, 60000));
    const pid_t pid = cluster.client_pid(name, victim, victim);
    wait_gone(pid, std::chrono::milliseconds(generator() % 250));
    ::kill(pid, SIGKILL);
    const std::string end = cluster.await_end(name, seconds(15));
    EXPECT_TRUE(end == "Failed" || end == "Finished") << end;
    if (end == "Failed") {
      const std::string cause = cluster.full_status(name).at("cause");
      EXPECT_NE(cause.find("client " + std::to_string(victim)), std::string::npos) << cause;
    }
    expect_nothing_left(cluster);
  }
}

TEST(Death, OfANodeLeavesItsClientRunningAndIsForgivenAfterARestart) {
  Cluster cluster({.nodes = 3, .waiting_nodes = {2}});
  start(cluster, three_parties(cluster, "held"));
  const pid_t client = cluster.client_pid("held", 1, 1);
  cluster.node(1).kill();
  EXPECT_EQ(cluster.status("held"), "Running");
  EXPECT_EQ(::kill(client, 0), 0) << "the client died with its node";
  cluster.start_node(1);
  EXPECT_EQ(cluster.client_pid("held", 1, 1), client);
  ::kill(client, SIGKILL);
  EXPECT_EQ(cluster.await_end("held", seconds(10)), "Failed");
  EXPECT_NE(cluster.full_status("held").at("cause").get<std::string>().find("client 1"), std::string::npos);
  expect_nothing_left(cluster);
}

TEST(Death, OfANodeAndItsClientIsNoticedWhenTheNodeIsBack) {
  Cluster cluster({.nodes = 3, .waiting_nodes = {2}});
  start(cluster, three_parties(cluster, "held"));
  const pid_t client = cluster.client_pid("held", 1, 1);
  cluster.node(1).kill();
  ::kill(client, SIGKILL);
  ASSERT_TRUE(wait_gone(client, seconds(5)));
  cluster.start_node(1);
  EXPECT_EQ(cluster.await_end("held", seconds(15)), "Failed");
  expect_nothing_left(cluster);
}

TEST(Death, OfAClientEndsTheTaskInTimeThoughAnotherNodeHangs) {
  Cluster cluster({.nodes = 3, .waiting_nodes = {2}});
  start(cluster, three_parties(cluster, "held"));
  const pid_t waiting = cluster.client_pid("held", 2, 2);
  const pid_t victim = cluster.client_pid("held", 1, 1);
  cluster.node(2).signal(SIGSTOP);
  ::kill(victim, SIGKILL);
  const auto killed = steady_clock::now();
  EXPECT_EQ(cluster.await_end("held", seconds(10)), "Failed");
  EXPECT_LT(steady_clock::now() - killed, seconds(3));
  const auto status = cluster.full_status("held");
  const std::string cause = status.at("cause");
  EXPECT_NE(cause.find("client 1"), std::string::npos) << cause;
  EXPECT_NE(cause.find("signal 9"), std::string::npos) << cause;
  EXPECT_EQ(status.at("unconfirmed").size(), 1u) << status.dump(1);

  // Whoever asks now is answered, and told which node it is.
  const auto asked = steady_clock::now();
  const auto stopped = cluster.post("/stopTask?task_name=held");
  EXPECT_EQ(stopped.status, 502) << stopped.body;
  EXPECT_NE(stopped.body.find(std::to_string(cluster.node_port(2))), std::string::npos) << stopped.body;
  EXPECT_EQ(cluster.post("/retryTask?task_name=held").status, 502);
  EXPECT_EQ(cluster.post("/deleteTask?task_name=held").status, 502);
  EXPECT_EQ(cluster.get("/listTasks").status, 200);
  EXPECT_LT(steady_clock::now() - asked, seconds(6));

  cluster.node(2).signal(SIGCONT);
  EXPECT_TRUE(wait_gone(waiting, seconds(20)));
  const auto deleted = cluster.post("/deleteTask?task_name=held");
  EXPECT_TRUE(deleted.status == 200 || deleted.status == 404) << deleted.body;  // what was promised may be done already
  EXPECT_EQ(cluster.ask_node(2, http::Method::kGet, "/monitor?query=task_status&task_name=held&client=2").status, 404);
  expect_nothing_left(cluster);
}

TEST(Death, OfTheMasterLeavesTheTaskRunningAndItGoesOnAfterwards) {
  Cluster cluster({.nodes = 3, .waiting_nodes = {2}});
  start(cluster, three_parties(cluster, "held"));
  cluster.client_pid("held", 1, 1);
  cluster.master().kill();
  cluster.start_master();
  EXPECT_EQ(cluster.status("held"), "Running");
  EXPECT_EQ(cluster.post("/stopTask?task_name=held").status, 200);
  EXPECT_EQ(cluster.await_end("held", seconds(15)), "Stopped");
  expect_nothing_left(cluster);
}

TEST(Death, OfTheMasterDuringARunThatEndsMeanwhileIsMadeUpFor) {
  Cluster cluster({.nodes = 3});
  start(cluster, three_parties(cluster, "meanwhile", 60000));
  const pid_t client = cluster.client_pid("meanwhile", 1, 1);
  cluster.master().kill();
  ASSERT_TRUE(wait_gone(client, seconds(30)));
  cluster.start_master();
  EXPECT_EQ(cluster.await_end("meanwhile", seconds(15)), "Finished");
}

TEST(Start, WithANodeDownStartsNobodyAndNamesIt) {
  Cluster cluster({.nodes = 3});
  ASSERT_EQ(cluster.post("/createTask", three_parties(cluster, "down")).status, 200);
  cluster.node(2).kill();
  const auto answer = cluster.post("/startTask?task_name=down");
  EXPECT_EQ(answer.status, 502) << answer.body;
  EXPECT_NE(answer.body.find("127.0.0.1:" + std::to_string(cluster.node_port(2))), std::string::npos) << answer.body;
  expect_nothing_left(cluster);
  cluster.start_node(2);
  ASSERT_EQ(cluster.post("/startTask?task_name=down").status, 200);
  EXPECT_EQ(cluster.await_end("down"), "Finished");
}

TEST(Create, WithANodeDownLeavesNothingAnywhere) {
  Cluster cluster({.nodes = 3});
  cluster.node(2).kill();
  const auto answer = cluster.post("/createTask", three_parties(cluster, "never"));
  EXPECT_EQ(answer.status, 502) << answer.body;
  EXPECT_NE(answer.body.find("127.0.0.1:" + std::to_string(cluster.node_port(2))), std::string::npos) << answer.body;
  EXPECT_EQ(cluster.status("never"), "NotExist");
  for (int node = 0; node < 2; ++node) {
    EXPECT_TRUE(std::filesystem::is_empty(cluster.node_folder(node) / "tasks"));
    EXPECT_TRUE(std::filesystem::is_empty(cluster.node_folder(node) / "staging"));
  }
  cluster.start_node(2);
  cluster.run(three_parties(cluster, "never"));
}

TEST(Stop, EndsEveryClientAndMayBeSaidTwiceAndRetried) {
  Cluster cluster({.nodes = 3, .waiting_nodes = {2}});
  start(cluster, three_parties(cluster, "held"));
  cluster.client_pid("held", 2, 2);
  EXPECT_EQ(cluster.post("/startTask?task_name=held").status, 200) << "starting what runs is ok";
  EXPECT_EQ(cluster.post("/stopTask?task_name=held").status, 200);
  EXPECT_EQ(cluster.await_end("held", seconds(15)), "Stopped");
  EXPECT_EQ(cluster.post("/stopTask?task_name=held").status, 200);
  EXPECT_EQ(cluster.post("/startTask?task_name=held").status, 409) << "it ended";
  expect_nothing_left(cluster);
  EXPECT_EQ(cluster.post("/retryTask?task_name=held").status, 200);
  EXPECT_EQ(cluster.status("held"), "Created");
  EXPECT_EQ(cluster.post("/deleteTask?task_name=held").status, 200);
  EXPECT_EQ(cluster.status("held"), "NotExist");
  for (int node = 0; node < 3; ++node) EXPECT_TRUE(std::filesystem::is_empty(cluster.node_folder(node) / "tasks"));
}

TEST(Retry, OfAFailedTaskRunsItAgain) {
  Cluster cluster({.nodes = 3});
  const auto document = three_parties(cluster, "again", 60000);
  start(cluster, document);
  ::kill(cluster.client_pid("again", 2, 2), SIGKILL);
  if (cluster.await_end("again", seconds(15)) == "Failed") {
    ASSERT_EQ(cluster.post("/retryTask?task_name=again").status, 200);
    ASSERT_EQ(cluster.post("/startTask?task_name=again").status, 200);
    EXPECT_EQ(cluster.await_end("again"), "Finished") << cluster.full_status("again").dump(1);
  }
}

TEST(Delete, KeepsDataSetsUnlessAskedAndFreesTheName) {
  Cluster cluster({.nodes = 3});
  const auto document = three_parties(cluster, "gone");
  cluster.run(document);
  ASSERT_EQ(cluster.post("/deleteTask?task_name=gone").status, 200);
  EXPECT_TRUE(std::filesystem::exists(cluster.dataset(1, "out-gone") / "dataset.json"));
  const auto other = three_parties(cluster, "other");
  auto clashing = other;
  for (auto& client : clashing["clients"]) {
    if (client["client_config"].contains("out_data_path")) client["client_config"]["out_data_path"] = "out-gone";
  }
  EXPECT_EQ(cluster.post("/createTask", clashing).status, 409) << "another task's data set is there";
  for (auto& client : clashing["clients"]) {
    if (client["client_config"].contains("out_data_path")) client["client_config"]["overwrite"] = true;
  }
  cluster.run(clashing);
  ASSERT_EQ(cluster.post("/deleteTask?task_name=other&datasets=true").status, 200);
  EXPECT_FALSE(std::filesystem::exists(cluster.dataset(1, "out-gone")));
}

TEST(Stop, OfAUnitLeavesClientsRunning) {
  Cluster cluster({.nodes = 3, .waiting_nodes = {2}});
  start(cluster, three_parties(cluster, "held"));
  const pid_t client = cluster.client_pid("held", 1, 1);
  cluster.node(1).signal(SIGTERM);
  EXPECT_TRUE(cluster.node(1).wait(seconds(10)).has_value());
  EXPECT_EQ(::kill(client, 0), 0);
  cluster.start_node(1);
  EXPECT_EQ(cluster.post("/stopTask?task_name=held").status, 200);
  EXPECT_TRUE(wait_gone(client, seconds(10)));
}

}  // namespace
}  // namespace pai::test
