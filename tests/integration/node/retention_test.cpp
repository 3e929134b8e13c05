// A real pai-node gives up by itself what old tasks left, as its owner says: their folders and records. Data sets, ledgers, audit lines, what ended just
// now and what did not end stay. The clock is not waited for: node.db says that a client ended long ago.
#include <gmock/gmock.h>

#include "integration/node/node_fixture.h"

namespace pai::test {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

class NodeRetention : public NodeTest {
 protected:
  void run(const std::string& task) {
    script(task, 1, "write disclosures.jsonl {\"n\":1}\nfinish\n");
    create(task, 1);
    auto events = follow();
    ASSERT_EQ(start(task, 1).status, 200);
    ASSERT_TRUE(events->await_state(task, 1, "Finished"));
  }
  bool there(const std::string& task) { return std::filesystem::exists(task_folder(task, 1)); }
};

TEST_F(NodeRetention, RemovesWhatIsOldAndKeepsTheRest) {
  start_node();
  for (const std::string task : {"old", "recent", "new"}) run(task);
  create("waiting", 1);
  stop_node();
  age("old", 31);
  age("recent", 29);
  start_node("[retention]\nended_days = 30\n");
  ASSERT_TRUE(await_removed(task_folder("old", 1)));
  ASSERT_TRUE(await_log("client removed task='old' client=1"));
  const auto gone = task_status("old", 1);
  EXPECT_EQ(gone.status, 404);
  EXPECT_THAT(gone.body.dump(), HasSubstr("at this node, whose owner keeps no old tasks"));
  for (const std::string task : {"recent", "new"}) {
    EXPECT_TRUE(there(task));
    EXPECT_EQ(task_status(task, 1).body["msg"], "Finished");
  }
  EXPECT_EQ(task_status("waiting", 1).body["msg"], "Created");
  EXPECT_TRUE(std::filesystem::exists(data() / "datasets/old/out1/train.csv")) << "data sets are the owner's to remove";
  std::size_t ledgers = 0;
  for (const auto& file : std::filesystem::directory_iterator(data() / "ledgers")) ledgers += file.path().filename().string().starts_with("old-1-");
  EXPECT_EQ(ledgers, 1U) << "what left the house is accounted for, for ever";
  EXPECT_THAT(read_text(data() / "audit.jsonl"),
              HasSubstr(R"("who":"retention","credential":"configuration","from":"this machine","method":"POST","path":"/deleteTask","task":"old","parameters":"client=1")"));
  // Its master's own deletion finds nothing to do.
  EXPECT_EQ(remove("old", 1).status, 200);
}

TEST_F(NodeRetention, KeepsTheLatestTasks) {
  start_node();
  for (const std::string task : {"first", "second", "third"}) run(task);
  stop_node();
  age("first", 3);
  age("second", 2);
  age("third", 1);
  start_node("[retention]\ntasks_max = 2\n");
  ASSERT_TRUE(await_removed(task_folder("first", 1)));
  EXPECT_TRUE(there("second"));
  EXPECT_TRUE(there("third"));
}

TEST_F(NodeRetention, IsOffByDefault) {
  start_node();
  run("old");
  stop_node();
  age("old", 10'000);
  start_node();
  EXPECT_EQ(task_status("old", 1).body["msg"], "Finished");
  EXPECT_TRUE(there("old"));
}

}  // namespace
}  // namespace pai::test
