// /events: a snapshot, then every change in order; states at once, progress not too often.
#include "integration/node/node_fixture.h"

namespace pai::test {
namespace {

using nlohmann::json;

class NodeEventsTest : public NodeTest {
 protected:
  NodeEventsTest() { start_node(); }
};

TEST_F(NodeEventsTest, ChangesComeInTheOrderInWhichTheyHappened) {
  script("t", 1, "report read 1 2\nreport tag 1 2\nfinish\n");
  auto events = follow();
  create("t", 1);
  ASSERT_EQ(start("t", 1).status, 200);
  ASSERT_TRUE(events->await_state("t", 1, "Finished"));
  EXPECT_EQ(events->states("t", 1), (std::vector<std::string>{"Prepared", "Created", "Running", "Finished"}));
}

TEST_F(NodeEventsTest, SnapshotHasWhatWasBefore) {
  create("t", 1);
  auto events = follow();
  const auto snapshot =
      events->await([](const std::string& name, const json&) { return name == "snapshot"; });
  ASSERT_TRUE(snapshot);
  EXPECT_EQ((*snapshot)["node"], "node");
  EXPECT_EQ((*snapshot)["clients"].size(), 1u);
  EXPECT_EQ((*snapshot)["clients"][0]["state"], "Created");
  EXPECT_EQ(get("/listTasks").body["clients"].size(), 1u);
}

TEST_F(NodeEventsTest, MereProgressIsToldRarelyAndItsLastValueIsTold) {
  std::string text;
  for (int i = 1; i <= 500; ++i) text += "report read " + std::to_string(i) + " 500\n";
  script("t", 1, text + "wait gate\nfinish\n");
  create("t", 1);
  auto events = follow();
  ASSERT_EQ(start("t", 1).status, 200);
  EXPECT_TRUE(events->await([](const auto&, const json& event) {
    return event.contains("progress") && event["progress"]["done"] == 500;
  }));
  EXPECT_LT(events->count(), 250u);
  open_gate("t", 1, "gate");
  EXPECT_TRUE(events->await_state("t", 1, "Finished"));
}

TEST_F(NodeEventsTest, StreamEndsWhenTheNodeStops) {
  auto events = follow();
  stop_node();
  EXPECT_FALSE(events->await([](const std::string& name, const json&) { return name == "never"; }));
}

}  // namespace
}  // namespace pai::test
