// paictl preflight with the real programs: one table that says what a task will miss, before anybody waits for it; and
// nodes that are nobody's port scanners.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "support/cluster.h"
#include "support/raw_socket.h"

namespace pai::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class Preflight : public ::testing::Test {
 protected:
  struct Outcome {
    int code = -1;
    std::string text;
  };
  Outcome preflight(const Cluster& cluster, const std::string& arguments) {
    const auto log = (folder_ / "log").string();
    const std::string command = std::string(PAI_BIN_DIR) + "/paictl preflight " + cluster.paictl_options();
    const int status = std::system((command + " " + arguments + " >" + log + " 2>&1").c_str());
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, read_text(log)};
  }
  std::string task(const Cluster& cluster) {
    const auto file = folder_ / "task.json";
    write_text(file, cluster.task("t", {{.role = "main_client", .node = 0},
                                        {.role = "feature_client", .node = 1, .settings = {{"raw_data_path", "t.csv"}, {"out_data_path", "o"}}},
                                        {.role = "label_client", .node = 2, .settings = {{"raw_data_path", "t.csv"}, {"out_data_path", "o"}}}}).dump());
    return file.string();
  }

  TempFolder folder_;
};

TEST_F(Preflight, OfAClusterThatIsWellSaysSoWithTls) {
  Cluster cluster({.nodes = 3});
  const auto bare = preflight(cluster, "");
  EXPECT_EQ(bare.code, 0) << bare.text;
  for (const char* row : {"reached by the master", "certificate", "days left", "clock", "version", "disk", "computation port", "peer to peer", "all is fine"}) {
    EXPECT_THAT(bare.text, HasSubstr(row));
  }
  for (int node = 1; node <= 2; ++node) write_text(cluster.raw(node, "t.csv"), "id,x\nk1,1\n");
  const auto with_task = preflight(cluster, task(cluster));
  EXPECT_EQ(with_task.code, 0) << with_task.text;
  EXPECT_THAT(with_task.text, HasSubstr("127.0.0.1:" + std::to_string(cluster.computation_port(2))));
  for (int node = 0; node < 3; ++node) EXPECT_FALSE(RawSocket(cluster.computation_port(node)).is_open()) << "the ports are closed again";
  EXPECT_THAT(read_text(cluster.node_folder(1) / "audit.jsonl"), HasSubstr(R"("path":"/probePorts")"));
  const auto json = preflight(cluster, "-o json");
  EXPECT_TRUE(nlohmann::json::parse(json.text, nullptr, false).is_object()) << json.text;
}

TEST_F(Preflight, NamesWhatIsMissing) {
  Cluster cluster({.nodes = 3, .insecure = true});
  write_text(cluster.raw(1, "t.csv"), "id,x\nk1,1\n");
  EXPECT_EQ(preflight(cluster, "").code, 1) << "no node is known yet";
  const auto no_file = preflight(cluster, task(cluster));
  EXPECT_EQ(no_file.code, 1);
  EXPECT_THAT(no_file.text, HasSubstr("t.csv"));

  write_text(cluster.raw(2, "t.csv"), "id,x\nk1,1\n");
  ASSERT_EQ(preflight(cluster, task(cluster)).code, 0);
  {
    Process squatter({"/usr/bin/python3", "-c",
                      "import socket,time; s=socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); s.bind(('127.0.0.1'," +
                          std::to_string(cluster.computation_port(1)) + ")); s.listen(1); print('up', flush=True); time.sleep(600)"},
                     folder_ / "squatter.log");
    for (int i = 0; i < 2000 && read_text(folder_ / "squatter.log").empty(); ++i) ::usleep(10'000);
    const auto taken = preflight(cluster, task(cluster));
    EXPECT_EQ(taken.code, 1);
    EXPECT_THAT(taken.text, HasSubstr(std::to_string(cluster.computation_port(1)) + " is in use"));
  }
  cluster.node(2).kill();
  const auto gone = preflight(cluster, task(cluster));
  EXPECT_EQ(gone.code, 1) << gone.text;
  EXPECT_THAT(gone.text, HasSubstr("WRONG"));
  EXPECT_THAT(gone.text, HasSubstr(std::to_string(cluster.node_port(2))));
  cluster.master().kill();
  EXPECT_EQ(preflight(cluster, task(cluster)).code, 2);
}

TEST_F(Preflight, ANodeIsNobodysPortScanner) {
  Cluster cluster({.nodes = 1});
  const std::string nonce(32, 'a');
  const auto probe = [&](const std::string& step, nlohmann::json body) {
    if (!body.contains("nonce")) body["nonce"] = nonce;
    return cluster.ask_node(0, http::Method::kPost, "/probePorts?step=" + step, body.dump());
  };
  const auto tried = probe("try", {{"targets", {{{"addr", "127.0.0.1"}, {"port", cluster.master_port()}}}}});
  EXPECT_EQ(tried.status, 200);
  EXPECT_THAT(tried.body, HasSubstr(R"(["not reached"])"));
  nlohmann::json many = nlohmann::json::array();
  for (int i = 0; i < 17; ++i) many.push_back({{"addr", "127.0.0.1"}, {"port", 1000 + i}});
  EXPECT_EQ(probe("try", {{"targets", many}}).status, 400);
  EXPECT_EQ(probe("open", {{"port", 80}}).status, 403) << "not among computation_ports";
  EXPECT_EQ(probe("open", {{"port", 70'000}}).status, 400);
  EXPECT_EQ(probe("open", {{"port", 0}, {"nonce", "short"}}).status, 400);
  EXPECT_EQ(probe("listen", {{"port", 0}}).status, 400);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(probe("open", {{"port", 0}}).status, 200);
  EXPECT_EQ(probe("open", {{"port", 0}}).status, 429) << "no more than four";
  EXPECT_EQ(probe("close", nlohmann::json::object()).status, 200);
  EXPECT_EQ(probe("open", {{"port", 0}}).status, 200);
  cluster.node(0).signal(SIGTERM);
  EXPECT_TRUE(cluster.node(0).wait(std::chrono::seconds(30))) << "an open port holds up no end";
  EXPECT_THAT(read_text(cluster.node_folder(0) / "audit.jsonl"), HasSubstr(R"("path":"/probePorts","parameters":"step=try")"));
}

}  // namespace
}  // namespace pai::test
