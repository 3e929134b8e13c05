// Prepare, commit and forget at a real pai-node: idempotence, reservations, expiry, and what is left on the
// disk.
#include "integration/node/node_fixture.h"

namespace pai::test {
namespace {

using nlohmann::json;

class NodeCreationTest : public NodeTest {
 protected:
  NodeCreationTest() { start_node(); }

  std::size_t folders_in(const std::string& name) {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(data() / name), {}));
  }
};

TEST_F(NodeCreationTest, PrepareStagesAndCommitMovesIntoTasks) {
  EXPECT_EQ(prepare("t", 1).status, 200);
  EXPECT_TRUE(std::filesystem::exists(data() / "staging/t-1/task.json"));
  EXPECT_EQ(folders_in("tasks"), 0u);
  EXPECT_EQ(commit("t", 1).status, 200);
  EXPECT_TRUE(std::filesystem::exists(task_folder("t", 1) / "task.json"));
  EXPECT_EQ(folders_in("staging"), 0u);
  EXPECT_EQ(task_status("t", 1).body["msg"], "Created");
}

TEST_F(NodeCreationTest, TaskFileHasNoOtherPartysSettings) {
  create("t", 1);
  const auto file = json::parse(read_text(task_folder("t", 1) / "task.json"));
  EXPECT_EQ(file.dump().find("out2"), std::string::npos);
  EXPECT_NE(file.dump().find("out1"), std::string::npos);
}

TEST_F(NodeCreationTest, EachStepIsOkAgainForTheSameAttempt) {
  EXPECT_EQ(prepare("t", 1).status, 200);
  EXPECT_EQ(prepare("t", 1).status, 200);
  EXPECT_EQ(commit("t", 1).status, 200);
  EXPECT_EQ(commit("t", 1).status, 200);
  EXPECT_EQ(prepare("t", 1).status, 200);
  EXPECT_EQ(task_status("t", 1).body["msg"], "Created");
  EXPECT_EQ(forget("t", 1).status, 200);
  EXPECT_EQ(forget("t", 1).status, 200);
  EXPECT_EQ(task_status("t", 1).status, 404);
  EXPECT_EQ(folders_in("tasks"), 0u);
}

TEST_F(NodeCreationTest, OtherContentUnderTheSameNameIsAConflict) {
  create("t", 1);
  auto body = preparation("t", 1, "a2");
  body["public"]["clients"][0]["settings"]["test_ratio"] = 0.5;
  EXPECT_EQ(post("/createTask?" + query("t", 1) + "&step=prepare", body).status, 409);
  auto own = preparation("t", 1, "a2");
  own["client_config"]["out_data_path"] = "elsewhere";
  EXPECT_EQ(post("/createTask?" + query("t", 1) + "&step=prepare", own).status, 409);
  EXPECT_EQ(task_status("t", 1).body["msg"], "Created");
}

TEST_F(NodeCreationTest, NewAttemptReplacesWhatNeverRanAndTheOldOneCanNoLongerTouchIt) {
  create("t", 1);
  EXPECT_EQ(prepare("t", 1, "a2").status, 200);
  EXPECT_EQ(forget("t", 1, "a1").status, 200);
  EXPECT_EQ(commit("t", 1, "a1").status, 409);
  EXPECT_EQ(commit("t", 1, "a2").status, 200);
  EXPECT_EQ(forget("t", 1, "a1").status, 200);
  EXPECT_EQ(task_status("t", 1).body["msg"], "Created");
}

TEST_F(NodeCreationTest, WhatRanIsNeitherReplacedNorForgotten) {
  create("t", 0);
  auto events = follow();
  EXPECT_EQ(start("t", 0).status, 200);
  ASSERT_TRUE(events->await_state("t", 0, "Finished"));
  EXPECT_EQ(prepare("t", 0, "a2").status, 409);
  EXPECT_EQ(forget("t", 0).status, 409);
}

TEST_F(NodeCreationTest, OutputPathIsReservedForOneTask) {
  auto first = preparation("one", 1);
  auto second = preparation("two", 1);
  first["client_config"]["out_data_path"] = second["client_config"]["out_data_path"] = "same";
  EXPECT_EQ(post("/createTask?" + query("one", 1) + "&step=prepare", first).status, 200);
  const auto refused = post("/createTask?" + query("two", 1) + "&step=prepare", second);
  EXPECT_EQ(refused.status, 409);
  EXPECT_NE(refused.message().find("task 'one' client 1"), std::string::npos) << refused.body;
  EXPECT_EQ(forget("one", 1).status, 200);
  EXPECT_EQ(post("/createTask?" + query("two", 1) + "&step=prepare", second).status, 200);
}

TEST_F(NodeCreationTest, PreparationWithoutCommitExpires) {
  start_node("prepare_expiry_s = 0.2\n");
  auto body = preparation("one", 1);
  body["client_config"]["out_data_path"] = "same";
  ASSERT_EQ(post("/createTask?" + query("one", 1) + "&step=prepare", body).status, 200);
  EXPECT_TRUE(await_removed(data() / "staging/one-1"));
  EXPECT_EQ(task_status("one", 1).status, 404);
  EXPECT_EQ(commit("one", 1).status, 409);
  EXPECT_EQ(folders_in("staging"), 0u);
  auto second = preparation("two", 1);
  second["client_config"]["out_data_path"] = "same";
  EXPECT_EQ(post("/createTask?" + query("two", 1) + "&step=prepare", second).status, 200);
}

TEST_F(NodeCreationTest, RefusedPreparationLeavesNothing) {
  auto body = preparation("t", 1);
  body["client_config"]["raw_data_path"] = "missing.csv";
  EXPECT_EQ(post("/createTask?" + query("t", 1) + "&step=prepare", body).status, 400);
  EXPECT_EQ(folders_in("staging"), 0u);
  EXPECT_EQ(task_status("t", 1).status, 404);
}

TEST_F(NodeCreationTest, CheckSaysTheSameAndKeepsNothing) {
  auto body = preparation("t", 1);
  body.erase("attempt");
  EXPECT_EQ(post("/checkTask?" + query("t", 1), body).status, 200);
  body["client_config"]["columns"] = {"X9"};
  EXPECT_EQ(post("/checkTask?" + query("t", 1), body).status, 400);
  EXPECT_EQ(folders_in("staging"), 0u);
  EXPECT_EQ(task_status("t", 1).status, 404);
}

TEST_F(NodeCreationTest, FolderThatIsNoDataSetIsNeverOverwritten) {
  std::filesystem::create_directories(data() / "datasets/mine");
  write_text(data() / "datasets/mine/thesis.txt", "work of years");
  auto body = preparation("t", 1);
  body["client_config"]["out_data_path"] = "mine";
  body["client_config"]["overwrite"] = true;
  EXPECT_EQ(post("/createTask?" + query("t", 1) + "&step=prepare", body).status, 409);
}

TEST_F(NodeCreationTest, PolicyOfTheOwnerIsHeld) {
  start_node("computation_ports = \"1-2\"\nmin_intersection = 50\n");
  const auto answer = prepare("t", 1);
  EXPECT_EQ(answer.status, 403);
  EXPECT_EQ(answer.body["error"]["details"].size(), 2u) << answer.body;
}

}  // namespace
}  // namespace pai::test
