// Nodes that run a bounded number of clients, with the real programs: tasks wait in order and show their place, a restart of node and
// master changes nothing of it, a stop leaves the queue, the parties of a waiting task are not launched and so cannot time out, and two
// masters with the same nodes never wait for each other.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <thread>

#include "support/cluster.h"

namespace pai::test {
namespace {

using ::testing::HasSubstr;
using namespace std::chrono_literals;

/// Three parties, each at a node of its own and on a port of its own, so that nothing but the bound keeps tasks apart.
nlohmann::json alignment(const Cluster& cluster, const std::string& name, const std::vector<int>& nodes = {0, 1, 2}) {
  auto task = cluster.task(name, {{.role = "main_client", .node = nodes[0]},
                                  {.role = "feature_client", .node = nodes[1], .settings = {{"raw_data_path", "t.csv"}, {"out_data_path", name}}},
                                  {.role = "label_client", .node = nodes[2], .settings = {{"raw_data_path", "t.csv"}, {"out_data_path", name}}}});
  for (auto& client : task["clients"]) client["client_config"]["computation_port"] = free_port();
  return task;
}

void write_tables(const Cluster& cluster, int nodes) {
  std::string table = "id,x\n";
  for (int i = 0; i < 20; ++i) table += "k" + std::to_string(i) + ",1\n";
  for (int node = 0; node < nodes; ++node) write_text(cluster.raw(node, "t.csv"), table);
}

/// Whether it has this place at one of its nodes.
bool has_place(const nlohmann::json& status, int place) {
  for (const auto& client : status["clients"]) {
    if (client["queue_position"] == place) return true;
  }
  return false;
}

TEST(Queue, KeepsTheOrderShowsThePlaceAndOutlivesRestarts) {
  // The data parties' clients only wait, so that the first task stays in the middle of its run. A task that waits for longer than a
  // start may take is no late one.
  Cluster cluster({.nodes = 3, .node_config = "max_running = 1\n", .master_config = "start_timeout_s = 2\n", .waiting_nodes = {1, 2}});
  write_tables(cluster, 3);
  for (const std::string name : {"a", "b", "c"}) {
    ASSERT_EQ(cluster.post("/createTask", alignment(cluster, name)).status, 200);
    const auto started = cluster.post("/startTask?task_name=" + name);
    ASSERT_EQ(started.status, 200) << started.body;
  }
  EXPECT_EQ(cluster.full_status("a")["state"], "Running");
  const auto b = cluster.await("b", [](const auto& status) { return has_place(status, 1); });
  EXPECT_EQ(b["msg"], "Running") << "as the contract folds Starting";
  EXPECT_EQ(b["state"], "Starting");
  EXPECT_EQ(b["clients"][2]["phase"], "queue");
  EXPECT_TRUE(processes_with((cluster.node_folder(1) / "tasks/b-").string()).empty()) << "no party of it may wait for the others";
  const auto second = [](const nlohmann::json& status) { return has_place(status, 2); };
  cluster.await("c", second);

  for (int node = 0; node < 3; ++node) {
    cluster.node(node).kill();
    cluster.start_node(node);
  }
  cluster.await("c", second);
  cluster.master().kill();
  cluster.start_master();
  cluster.await("c", second);
  ::usleep(2'500'000);  // longer than start_timeout_s: no event tells that nothing happens
  EXPECT_EQ(cluster.full_status("c")["state"], "Starting");
  EXPECT_EQ(cluster.status("a"), "Running");
  EXPECT_THAT(cluster.get("/metrics").body, HasSubstr("pai_master_tasks_queued 2\n"));

  EXPECT_EQ(cluster.post("/stopTask?task_name=b").status, 200);
  EXPECT_EQ(cluster.status("b"), "Stopped");
  cluster.await("c", [&](const auto& status) { return !second(status) && status["state"] == "Starting"; });
  EXPECT_EQ(cluster.post("/stopTask?task_name=a").status, 200);
  cluster.await("c", [](const auto& status) { return status["state"] == "Running"; });
  EXPECT_FALSE(has_place(cluster.full_status("c"), 1));
  EXPECT_EQ(cluster.post("/retryTask?task_name=b").status, 200);
  EXPECT_EQ(cluster.post("/startTask?task_name=b").status, 200);
  EXPECT_EQ(cluster.full_status("b")["state"], "Starting");
  EXPECT_EQ(cluster.post("/deleteTask?task_name=b").status, 200) << "a deletion leaves the queue too";
  EXPECT_EQ(cluster.post("/stopTask?task_name=c").status, 200);
  for (int node = 0; node < 3; ++node) {
    const auto text = cluster.ask_node(node, http::Method::kGet, "/metrics").body;
    EXPECT_THAT(text, HasSubstr("pai_node_queue_length 0\n"));
    EXPECT_THAT(text, HasSubstr("pai_node_running_clients 0\n"));
    EXPECT_THAT(text, HasSubstr("pai_node_running_clients_max 1\n"));
  }
}

TEST(Queue, OutlivesANodeThatComesLaterThanItsMaster) {
  Cluster cluster({.nodes = 3, .node_config = "max_running = 1\n", .waiting_nodes = {1, 2}});
  write_tables(cluster, 3);
  for (const std::string name : {"a", "b"}) {
    ASSERT_EQ(cluster.post("/createTask", alignment(cluster, name)).status, 200);
    ASSERT_EQ(cluster.post("/startTask?task_name=" + name).status, 200);
  }
  const auto next = [](const nlohmann::json& status) { return has_place(status, 1); };
  cluster.await("b", next);
  cluster.master().kill();
  cluster.node(1).kill();
  cluster.start_master();
  ::usleep(2'000'000);  // the master asks who bounds; one does not answer
  EXPECT_EQ(cluster.full_status("b")["state"], "Starting");
  cluster.start_node(1);
  cluster.await("b", next);
  EXPECT_EQ(cluster.post("/stopTask?task_name=a").status, 200);
  cluster.await("b", [](const auto& status) { return status["state"] == "Running"; });
  EXPECT_EQ(cluster.post("/stopTask?task_name=b").status, 200);
}

TEST(Queue, OfRealTasksEndsWithAllOfThemFinishedInOrder) {
  Cluster cluster({.nodes = 3, .node_config = "max_running = 1\n"});
  write_tables(cluster, 3);
  for (int i = 0; i < 4; ++i) ASSERT_EQ(cluster.post("/createTask", alignment(cluster, "t" + std::to_string(i))).status, 200);
  for (int i = 0; i < 4; ++i) ASSERT_EQ(cluster.post("/startTask?task_name=t" + std::to_string(i)).status, 200);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(cluster.await_end("t" + std::to_string(i)), "Finished");
  const auto log = cluster.node_log(1);
  std::size_t before = 0;
  for (int i = 0; i < 4; ++i) {
    const auto at = log.find("client started task='t" + std::to_string(i) + "'");
    ASSERT_NE(at, std::string::npos) << log;
    EXPECT_GT(at, before) << "t" << i << " passed another";
    before = at;
  }
}

TEST(Queue, ATaskThatNeverFitsIsRefusedAndNothingIsStarted) {
  Cluster cluster({.nodes = 2, .node_config = "max_running = 1\n"});
  write_tables(cluster, 2);
  ASSERT_EQ(cluster.post("/createTask", alignment(cluster, "wide", {0, 1, 0})).status, 200);
  const auto refused = cluster.post("/startTask?task_name=wide");
  EXPECT_EQ(refused.status, 409) << refused.body;
  EXPECT_THAT(refused.body, HasSubstr("needs 2 clients at node 127.0.0.1:" + std::to_string(cluster.node_port(0))));
  EXPECT_EQ(cluster.status("wide"), "Created");
}

TEST(Queue, TwoMastersWithTheSameNodesNeverWaitForEachOther) {
  Cluster cluster({.nodes = 3, .insecure = true, .node_config = "max_running = 1\n"});
  write_tables(cluster, 3);
  const TempFolder folder;
  const int port = free_port();
  const NotifySocket ready(folder / "notify");
  Process other({std::string(PAI_BIN_DIR) + "/pai-master", "--insecure", "--listen", "127.0.0.1:" + std::to_string(port), "--data-dir",
                 (folder / "master").string()},
                folder / "log", {ready.environment()});
  ASSERT_TRUE(ready.await_ready(other, 20s)) << read_text(folder / "log");
  const http::Endpoint second{.host = "127.0.0.1", .port = static_cast<std::uint16_t>(port)};
  const auto client = http::Client::make(std::nullopt);
  const auto ask_second = [&](http::Method method, const std::string& target, const std::string& body = {}) {
    const auto response = client->call(second, {.method = method, .target = target, .body = body, .timeout = 60s});
    return response.ok() ? response->body : response.error().describe();
  };
  constexpr int kEach = 5;
  for (int i = 0; i < kEach; ++i) {
    ASSERT_EQ(cluster.post("/createTask", alignment(cluster, "a" + std::to_string(i), {0, 1, 2})).status, 200);
    EXPECT_THAT(ask_second(http::Method::kPost, "/createTask", alignment(cluster, "b" + std::to_string(i), {2, 1, 0}).dump()), HasSubstr("\"ok\""));
  }
  std::thread starter([&] {
    for (int i = 0; i < kEach; ++i) {
      EXPECT_THAT(ask_second(http::Method::kPost, "/startTask?task_name=b" + std::to_string(i)), HasSubstr("\"ok\""));
    }
  });
  for (int i = 0; i < kEach; ++i) EXPECT_EQ(cluster.post("/startTask?task_name=a" + std::to_string(i)).status, 200);
  starter.join();
  for (int i = 0; i < kEach; ++i) EXPECT_EQ(cluster.await_end("a" + std::to_string(i)), "Finished");
  for (int i = 0; i < kEach; ++i) {
    std::string said;
    for (int look = 0; look < 600 && said.find("Finished") == std::string::npos; ++look) {
      said = ask_second(http::Method::kGet, "/queryStatus?task_name=b" + std::to_string(i));
      ASSERT_THAT(said, ::testing::Not(HasSubstr("\"Failed\""))) << read_text(folder / "log");
      ::usleep(100'000);
    }
    EXPECT_THAT(said, HasSubstr("Finished"));
  }
}

}  // namespace
}  // namespace pai::test
