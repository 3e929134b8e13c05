// Old tasks go by themselves where the master is told so: here and at the nodes, with a line in the audit log; data sets stay.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "support/cluster.h"

namespace pai::test {
namespace {

using ::testing::HasSubstr;

TEST(Retention, KeepsTheLatestTasksAndEveryDataSet) {
  // It looks at its start and every hour: what is run now is beyond the number when the master starts again.
  Cluster cluster({.nodes = 3, .master_config_end = "[retention]\ntasks_max = 1\n"});
  for (int node = 1; node <= 2; ++node) write_text(cluster.raw(node, "t.csv"), "id,x\nk1,1\nk2,2\nk3,3\nk4,4\nk5,5\nk6,6\n");
  for (const std::string name : {"first", "second", "third"}) {
    cluster.run(cluster.task(name, {{.role = "main_client", .node = 0},
                                    {.role = "feature_client", .node = 1, .settings = {{"raw_data_path", "t.csv"}, {"out_data_path", name}}},
                                    {.role = "label_client", .node = 2, .settings = {{"raw_data_path", "t.csv"}, {"out_data_path", name}}}}));
  }
  auto waiting = cluster.task("waiting", {{.role = "main_client", .node = 0},
                                          {.role = "feature_client", .node = 1, .settings = {{"raw_data_path", "t.csv"}, {"out_data_path", "w"}}},
                                          {.role = "label_client", .node = 2, .settings = {{"raw_data_path", "t.csv"}, {"out_data_path", "w"}}}});
  ASSERT_EQ(cluster.post("/createTask", waiting).status, 200);
  EXPECT_EQ(cluster.status("first"), "Finished") << "until the next look";

  cluster.master().kill();
  cluster.start_master();
  for (int look = 0; look < 200 && cluster.status("second") != "NotExist"; ++look) ::usleep(100'000);
  EXPECT_EQ(cluster.status("first"), "NotExist");
  EXPECT_EQ(cluster.status("second"), "NotExist");
  EXPECT_EQ(cluster.status("third"), "Finished");
  EXPECT_EQ(cluster.status("waiting"), "Created");
  for (int node = 1; node <= 2; ++node) {
    EXPECT_FALSE(std::filesystem::exists(cluster.node_folder(node) / "tasks" / ("first-" + std::to_string(node))));
    EXPECT_TRUE(std::filesystem::exists(cluster.dataset(node, "first") / "dataset.json"));
  }
  EXPECT_THAT(read_text(cluster.folder() / "master" / "audit.jsonl"), HasSubstr(R"("who":"retention","credential":"configuration","from":"this machine","method":"POST","path":"/deleteTask","task":"first")"));
}

}  // namespace
}  // namespace pai::test
