// An owner's limits on its clients, with the real programs: the task fails, and its cause is the limit and not what it did to the others.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/cluster.h"

namespace pai::test {
namespace {

using ::testing::HasSubstr;

std::vector<Party> parties() {
  return {{.role = "main_client", .node = 0},
          {.role = "feature_client", .node = 1, .settings = {{"raw_data_path", "t.csv"}, {"out_data_path", "o"}}},
          {.role = "label_client", .node = 2, .settings = {{"raw_data_path", "t.csv"}, {"out_data_path", "o"}}}};
}

void write_tables(Cluster& cluster) {
  for (int node = 1; node <= 2; ++node) write_text(cluster.raw(node, "t.csv"), "id,x\nk1,1\nk2,2\nk3,3\nk4,4\nk5,5\nk6,6\n");
}

TEST(LimitsOfClients, TheFirstCauseIsTheLimitThatWasMet) {
  Cluster cluster({.nodes = 3, .node_config_end = "[limits]\nrun_seconds_max = 1.5\n", .waiting_nodes = {0}});
  write_tables(cluster);
  ASSERT_EQ(cluster.post("/createTask", cluster.task("endless", parties())).status, 200);
  ASSERT_EQ(cluster.post("/startTask?task_name=endless").status, 200);
  EXPECT_EQ(cluster.await_end("endless"), "Failed");
  const auto status = cluster.full_status("endless");
  EXPECT_THAT(status["cause"].get<std::string>(), HasSubstr("ran longer than node 'node"));
  EXPECT_THAT(status["cause"].get<std::string>(), HasSubstr("1.5 s allowed; limits.run_seconds_max in that node's configuration raises it"));
}

TEST(LimitsOfClients, RealClientsWorkWithinThem) {
  Cluster cluster({.nodes = 3,
                   .node_config_end = "[limits]\nprocess_memory_bytes_max = 1073741824\ncpu_cores_max = 1\nrun_seconds_max = 100\ndisk_bytes_max = 104857600\n"});
  write_tables(cluster);
  cluster.run(cluster.task("modest", parties()));
  EXPECT_THAT(cluster.node_log(1), HasSubstr("clients are held to limits by='rlimits' memory_bytes=1073741824 cpu_cores=1 run_seconds=100 disk_bytes=104857600"));
}

}  // namespace
}  // namespace pai::test
