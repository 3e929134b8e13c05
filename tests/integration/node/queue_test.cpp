// A node that bounds how many clients it runs: what it believes of the master that asks for places and ports, and what its owner can read.
#include "integration/node/node_fixture.h"

namespace pai::test {
namespace {

class NodeQueueTest : public NodeTest {
 protected:
  NodeQueueTest() { start_node("max_running = 2\n"); }

  NodeAnswer ask(const std::string& task, int clients, const std::string& run = "b1") {
    return post("/queueTask?" + query(task, 1) + "&run_id=" + run + "&clients=" + std::to_string(clients));
  }
  int audited(const std::string& path) const {
    const auto text = read_text(data() / "audit.jsonl");
    int lines = 0;
    for (auto at = text.find("\"path\":\"" + path + "\""); at != std::string::npos; at = text.find("\"path\":\"" + path + "\"", at + 1)) ++lines;
    return lines;
  }
};

TEST_F(NodeQueueTest, GivesNoMorePlacesThanTheTaskHasClientsHere) {
  create("t", 1);
  const auto refused = ask("t", 2);
  EXPECT_EQ(refused.status, 409) << refused.body;
  EXPECT_NE(refused.message().find("has 1 clients at this node, and places for 2"), std::string::npos) << refused.body;
  create("other", 1);
  EXPECT_EQ(ask("other", 1).body["queue"]["position"], 0) << "what was refused holds nothing";
  EXPECT_EQ(ask("t", 1).body["queue"]["position"], 0);
}

TEST_F(NodeQueueTest, WritesTheFirstAskingAndEachPortIntoTheAuditLog) {
  create("t", 1);
  for (int times = 0; times < 3; ++times) EXPECT_EQ(ask("t", 1).body["queue"]["position"], 0);
  EXPECT_EQ(audited("/queueTask"), 1);
  EXPECT_EQ(ask("t", 1, "b2").body["queue"]["position"], 0) << "another run of it";
  EXPECT_EQ(audited("/queueTask"), 2);
  const nlohmann::json wish{{"attempt", "a9"}, {"avoid", nlohmann::json::array()}};
  EXPECT_EQ(post("/assignPort?" + query("new", 1) + "&check=true", wish).status, 200);
  EXPECT_EQ(audited("/assignPort"), 0) << "a look holds nothing";
  EXPECT_EQ(post("/assignPort?" + query("new", 1), wish).status, 200);
  EXPECT_EQ(audited("/assignPort"), 1);
}

TEST_F(NodeQueueTest, ARestartFindsTheClientsThatRunInTheirPlaces) {
  for (const std::string task : {"one", "two"}) {
    script(task, 1, "report read 0 0\npause\n");
    create(task, 1);
  }
  ASSERT_EQ(ask("one", 1).status, 200);
  ASSERT_EQ(start("one", 1).status, 200);
  kill_node();
  start_node("max_running = 1\n");
  EXPECT_EQ(ask("two", 1).body["queue"]["position"], 1);
  EXPECT_EQ(stop("one", 1).status, 200);
  EXPECT_EQ(ask("two", 1).body["queue"]["position"], 0);
}

}  // namespace
}  // namespace pai::test
