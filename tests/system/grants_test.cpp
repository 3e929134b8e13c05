// Grants and approval as users of a master see them: a refusal that names the node and what its owner would type, a task
// that waits for its owners, one that is stopped because an owner took its word back.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include "support/cluster.h"

namespace pai::test {
namespace {

using nlohmann::json;
using std::chrono::seconds;
using ::testing::HasSubstr;

class Grants : public ::testing::Test {
 protected:
  /// Owners of their nodes; node 0 lets main run.
  explicit Grants(const std::string& policy = "", std::vector<int> waiting = {})
      : cluster_({.nodes = 3, .policy = policy.empty() ? "# nothing yet\n" : policy, .waiting_nodes = std::move(waiting)}) {
    for (int node = 1; node <= 2; ++node) {
      std::string table = "id,x,y\n";
      for (int row = 0; row < 40; ++row) table += "k" + std::to_string(row) + "," + std::to_string(row) + ",1\n";
      write_text(cluster_.raw(node, "t.csv"), table);
    }
  }

  int paictl(int node, std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), std::string(PAI_BIN_DIR) + "/paictl");
    arguments.insert(arguments.end(), {"--data-dir", cluster_.node_folder(node).string()});
    Process process(arguments, cluster_.folder() / "paictl.log");
    const auto status = process.wait(seconds(30));
    return status && WIFEXITED(*status) ? WEXITSTATUS(*status) : -1;
  }

  json task(const std::string& name, const json& more = json::object()) {
    json own = {{"raw_data_path", "t.csv"}, {"out_data_path", name}};
    own.update(more);
    return cluster_.task(name, {{.role = "main_client", .node = 0},
                                {.role = "feature_client", .node = 1, .settings = own},
                                {.role = "label_client", .node = 2, .settings = own}});
  }

  Cluster cluster_;
};

TEST_F(Grants, RefusalReachesTheUserWithNodeAndRemedy) {
  const auto refused = cluster_.post("/createTask", task("t"));
  EXPECT_EQ(refused.status, 502);
  EXPECT_THAT(refused.body, HasSubstr("granted 'master' nothing"));
  EXPECT_THAT(refused.body, HasSubstr("127.0.0.1:" + std::to_string(cluster_.node_port(1))));
  EXPECT_THAT(refused.body, HasSubstr("paictl grant add"));
  ASSERT_EQ(paictl(0, {"grant", "add", "--initiator", "master"}), 0);
  ASSERT_EQ(paictl(1, {"grant", "add", "--initiator", "master", "--raw", "t.csv"}), 0);
  ASSERT_EQ(paictl(2, {"grant", "add", "--initiator", "master", "--raw", "t.csv", "--column", "x"}), 0);
  const auto column = cluster_.post("/createTask", task("t", {{"columns", {"y"}}}));
  EXPECT_EQ(column.status, 502);
  EXPECT_THAT(column.body, HasSubstr("clients[2].client_config.columns"));
  cluster_.run(task("t", {{"columns", {"x"}}}));
}

TEST_F(Grants, TaskWaitsForItsOwnersAndThenRuns) {
  ASSERT_EQ(paictl(0, {"grant", "add", "--initiator", "master"}), 0);
  for (int node = 1; node <= 2; ++node)
    ASSERT_EQ(paictl(node, {"grant", "add", "--initiator", "master", "--raw", "*", "--approval", "manual"}), 0);
  const auto created = cluster_.post("/createTask", task("t"));
  ASSERT_EQ(created.status, 200) << created.body;
  EXPECT_EQ(created.document["state"], "AwaitingApproval");
  EXPECT_EQ(created.document["msg"], "Created");
  const auto early = cluster_.post("/startTask?task_name=t");
  EXPECT_EQ(early.status, 409);
  EXPECT_THAT(early.body, HasSubstr("client 1 (feature_client"));
  EXPECT_THAT(early.body, HasSubstr("client 2 (label_client"));
  ASSERT_EQ(paictl(1, {"approve", "t"}), 0);
  // The master's memory of it survives, and so does the owners'.
  cluster_.start_master();
  EXPECT_EQ(cluster_.full_status("t")["state"], "AwaitingApproval");
  EXPECT_EQ(cluster_.full_status("t")["clients"][2]["reason"], "waits for the approval of the data owner");
  ASSERT_EQ(paictl(2, {"approve", "t"}), 0);
  cluster_.await("t", [](const json& status) { return status.value("state", "") == "Created"; });
  ASSERT_EQ(cluster_.post("/startTask?task_name=t").status, 200);
  EXPECT_EQ(cluster_.await_end("t"), "Finished") << cluster_.full_status("t").dump(1);
}

TEST_F(Grants, OneRejectionEndsTheTask) {
  ASSERT_EQ(paictl(0, {"grant", "add", "--initiator", "master"}), 0);
  for (int node = 1; node <= 2; ++node)
    ASSERT_EQ(paictl(node, {"grant", "add", "--initiator", "master", "--raw", "*", "--approval", "manual"}), 0);
  ASSERT_EQ(cluster_.post("/createTask", task("t")).status, 200);
  ASSERT_EQ(paictl(2, {"reject", "t", "--reason", "not this quarter"}), 0);
  EXPECT_EQ(cluster_.await_end("t"), "Failed");
  const auto status = cluster_.full_status("t");
  EXPECT_EQ(status["state"], "Rejected");
  EXPECT_THAT(status["cause"].get<std::string>(), HasSubstr("client 2 (label_client"));
  EXPECT_THAT(status["cause"].get<std::string>(), HasSubstr("not this quarter"));
  EXPECT_EQ(cluster_.post("/startTask?task_name=t").status, 409);
  // The other owner is not asked about what will never run.
  cluster_.await("t", [](const json& told) { return told.at("clients").at(1).value("state", "") == "Stopped"; });
  EXPECT_EQ(paictl(1, {"approve", "t"}), 1);
  EXPECT_EQ(cluster_.full_status("t")["state"], "Rejected");
  EXPECT_EQ(cluster_.post("/deleteTask?task_name=t").status, 200);
}

TEST_F(Grants, RowsBeyondTheGrantStayHome) {
  ASSERT_EQ(paictl(0, {"grant", "add", "--initiator", "master"}), 0);
  ASSERT_EQ(paictl(1, {"grant", "add", "--initiator", "master", "--raw", "*", "--rows-max", "39"}), 0);
  ASSERT_EQ(paictl(2, {"grant", "add", "--initiator", "master", "--raw", "*"}), 0);
  ASSERT_EQ(cluster_.post("/createTask", task("t")).status, 200);
  ASSERT_EQ(cluster_.post("/startTask?task_name=t").status, 200);
  EXPECT_EQ(cluster_.await_end("t"), "Failed");
  EXPECT_THAT(cluster_.full_status("t")["cause"].get<std::string>(), HasSubstr("40 rows, and its owner's grant allows 39"));
}

TEST_F(Grants, ProbeWithOneRowTellsNothing) {
  write_text(cluster_.raw(2, "t.csv"), "id,x,y\nk7,1,1\n");  // is k7 among the other's people?
  ASSERT_EQ(paictl(0, {"grant", "add", "--initiator", "master"}), 0);
  ASSERT_EQ(paictl(1, {"grant", "add", "--initiator", "master", "--raw", "*", "--min-intersection", "10"}), 0);
  ASSERT_EQ(paictl(2, {"grant", "add", "--initiator", "master", "--raw", "*"}), 0);
  EXPECT_EQ(cluster_.post("/createTask", task("t")).status, 502) << "a task whose own floor is one row";
  json careful = task("t");
  careful["clients"][0]["client_config"]["min_intersection"] = 10;
  ASSERT_EQ(cluster_.post("/createTask", careful).status, 200);
  ASSERT_EQ(cluster_.post("/startTask?task_name=t").status, 200);
  EXPECT_EQ(cluster_.await_end("t"), "Failed");
  EXPECT_FALSE(std::filesystem::exists(cluster_.dataset(2, "t")));
}

TEST_F(Grants, TrainingIsCoveredByTheFileItsDataSetCameFrom) {
  ASSERT_EQ(paictl(0, {"grant", "add", "--initiator", "master"}), 0);
  for (int node = 1; node <= 2; ++node)
    ASSERT_EQ(paictl(node, {"grant", "add", "--initiator", "master", "--raw", "t.csv", "--column", "x", "--column", "y"}), 0);
  cluster_.run(task("t"));
  const auto training = [&](const std::string& name, const std::string& security) {
    return cluster_.task(name,
                         {{.role = "main_client", .node = 0, .type = "shared_nn_main"},
                          {.role = "crypto_producer", .node = 0, .type = "triplet_producer"},
                          {.role = "feature_client", .node = 1, .settings = {{"data_path", "t"}, {"columns", {"x"}}}, .type = "shared_nn_feature"},
                          {.role = "label_client", .node = 2, .settings = {{"data_path", "t"}, {"loss", "mse"}, {"metric", "loss"}}, .type = "shared_nn_label"}},
                         {{"layers", json::array()}, {"batch_size", 8}, {"max_iter", 2}, {"out_dim", 2}, {"security", security}});
  };
  const auto weak = cluster_.post("/checkTask", training("w", "split"));
  EXPECT_EQ(weak.status, 502);
  EXPECT_THAT(weak.body, HasSubstr("\\\"split\\\" is not granted"));
  const auto full = cluster_.post("/checkTask", training("m", "full"));
  EXPECT_EQ(full.status, 200) << full.body;
}

class RevokedGrants : public Grants {
 protected:
  RevokedGrants() : Grants("[[grants]]\nname = \"data\"\ninitiator = \"master\"\nraw = \"*\"\n\n[[grants]]\nname = \"bare\"\ninitiator = \"master\"\n", {2}) {}
};

TEST_F(RevokedGrants, StopTheTaskAndAreItsCause) {
  ASSERT_EQ(cluster_.post("/createTask", task("t")).status, 200);
  ASSERT_EQ(cluster_.post("/startTask?task_name=t").status, 200);
  const pid_t pid = cluster_.client_pid("t", 1, 1);
  write_text(cluster_.policy_file(1), "# taken back\n");
  EXPECT_TRUE(wait_gone(pid, seconds(5)));
  EXPECT_EQ(cluster_.await_end("t"), "Failed");
  EXPECT_THAT(cluster_.full_status("t")["cause"].get<std::string>(), HasSubstr("revoked grant 'data'"));
}

}  // namespace
}  // namespace pai::test
