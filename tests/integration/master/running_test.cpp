// A task from start to end: all start or none, states follow what the clients do, and a failure names its first cause.

#include <thread>

#include "integration/master/harness.h"

namespace pai::test {
namespace {

using task::ClientState;

class Running : public MasterTest {};

TEST_F(Running, ATaskWhoseClientsAllFinishIsFinishedAndItsRowsAreKnown) {
  run_to_running();
  for (const auto& node : nodes_) node->report("t", ClientState::kFinished);
  const auto ended = await_state("Finished");
  EXPECT_TRUE(ended.at("ended_at").is_string());
  const auto datasets = store_->datasets_of("t");
  ASSERT_TRUE(datasets.ok());
  EXPECT_EQ((*datasets)[0].train_rows, 80u);
  EXPECT_EQ((*datasets)[0].test_rows, 20u);
}

TEST_F(Running, StartIsOkAgainWhileItRunsAndAConflictAfterwards) {
  run_to_running();
  EXPECT_TRUE(start().ok());
  EXPECT_EQ(nodes_[0]->count("start"), 1);
  for (const auto& node : nodes_) node->report("t", ClientState::kFinished);
  await_state("Finished");
  const auto refused = start();
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), ErrorCode::kConflict);
}

TEST_F(Running, StartOfAnUnknownTaskIsNotFound) {
  const auto refused = start("nobody");
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), ErrorCode::kNotFound);
}

TEST_F(Running, ATakenPortStartsNothingAndTheTaskStaysCreated) {
  ASSERT_TRUE(create().ok());
  nodes_[1]->refuse("start?", Error(ErrorCode::kConflict, "port 20001 is held by task 'other'"), 1);
  const auto refused = start();
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), ErrorCode::kConflict);
  EXPECT_NE(refused.error().message().find("held by task 'other'"), std::string::npos);
  EXPECT_EQ(state(), "Created");
  for (const auto& node : nodes_) EXPECT_EQ(node->count("start"), 0);
  EXPECT_TRUE(start().ok());
}

TEST_F(Running, ANodeThatIsAwayAtStartStartsNothing) {
  ASSERT_TRUE(create().ok());
  nodes_[2]->go_down();
  const auto refused = start();
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), ErrorCode::kNodeFailed);
  EXPECT_EQ(state(), "Created");
  for (const auto& node : nodes_) EXPECT_FALSE(node->running("t"));
}

TEST_F(Running, ALaunchThatFailsStopsTheOthersAndFailsTheTask) {
  ASSERT_TRUE(create().ok());
  nodes_[3]->refuse("start", Error(ErrorCode::kInternal, "cannot run pai-client"));
  const auto refused = start();
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(state(), "Failed");
  EXPECT_NE(status().at("cause").get<std::string>().find("client 3 (label_client at"), std::string::npos);
  for (const auto& node : nodes_) EXPECT_FALSE(node->running("t"));
}

TEST_F(Running, AKilledClientFailsTheTaskWithItsNameAndStopsTheOthers) {
  run_to_running();
  nodes_[1]->report("t", ClientState::kFailed, "killed by signal 9", std::nullopt, 9);
  const auto ended = await_state("Failed");
  EXPECT_EQ(ended.at("cause"), "client 1 (feature_client at 127.0.0.1:" + std::to_string(nodes_[1]->port()) +
                                   "): killed by signal 9");
  EXPECT_EQ(ended.at("cause_client"), 1);
  EXPECT_EQ(ended.at("msg"), "Failed");
  for (const auto& node : nodes_) EXPECT_FALSE(node->running("t"));
}

TEST_F(Running, TheFirstCauseIsNamedThoughAFollowerSpokeFirst) {
  run_to_running();
  nodes_[0]->report("t", ClientState::kFailed, "peer 2 was lost", 2);
  nodes_[3]->report("t", ClientState::kFailed, "peer 2 was lost", 2);
  nodes_[2]->report("t", ClientState::kFailed, "killed by signal 9", std::nullopt, 9);
  const auto ended = await_state("Failed");
  EXPECT_EQ(ended.at("cause_client"), 2);
}

TEST_F(Running, ABlamedClientThatSaysNothingDoesNotHoldUpTheEnd) {
  run_to_running();
  nodes_[0]->report("t", ClientState::kFailed, "peer 2 was lost", 2);
  const auto ended = await_state("Failed");
  EXPECT_EQ(ended.at("cause_client"), 2);
  EXPECT_FALSE(nodes_[2]->running("t"));
}

TEST_F(Running, ProgressIsSeen) {
  run_to_running();
  nodes_[1]->progress("t", "tag", 40, 100);
  const auto seen = await([](const nlohmann::json& now) { return now.at("clients")[1].at("phase") == "tag"; });
  EXPECT_EQ(seen.at("clients")[1].at("progress").at("done"), 40);
}

TEST_F(Running, AStatusOfAnotherRunIsIgnored) {
  run_to_running();
  task::ClientStatus old;
  old.task_name = "t";
  old.client = 1;
  old.run_id = nodes_[1]->run_id("t");
  old.state = ClientState::kFailed;
  old.reason = "an old story";
  nodes_[1]->report("t", ClientState::kFailed, "killed by signal 9");
  await_state("Failed");
  ASSERT_TRUE(retry().ok());
  ASSERT_TRUE(start().ok());
  await_state("Running");
  nodes_[1]->tell(old);
  nodes_[1]->progress("t", "tag", 1, 2);  // comes after it
  const auto seen = await([](const nlohmann::json& now) { return now.at("clients")[1].at("phase") == "tag"; });
  EXPECT_EQ(seen.at("state"), "Running");
}

TEST_F(Running, AnUnreachableNodeIsSeenAndDoesNotFailTheTask) {
  run_to_running();
  nodes_[2]->go_down();
  const auto seen = await([](const nlohmann::json& now) { return now.at("clients")[2].at("reachable") == false; });
  EXPECT_EQ(seen.at("state"), "Running");
  EXPECT_TRUE(seen.at("clients")[2].at("since").is_string());
  nodes_[2]->come_up();
  await([](const nlohmann::json& now) { return now.at("clients")[2].at("reachable") == true; });
  for (const auto& node : nodes_) node->report("t", ClientState::kFinished);
  await_state("Finished");
}

TEST_F(Running, WhatHappenedWhileANodeWasAwayIsCaughtUpWith) {
  run_to_running();
  nodes_[2]->go_down();
  await([](const nlohmann::json& now) { return now.at("clients")[2].at("reachable") == false; });
  nodes_[2]->report("t", ClientState::kFailed, "disk full");
  nodes_[2]->come_up();
  const auto ended = await_state("Failed");
  EXPECT_NE(ended.at("cause").get<std::string>().find("disk full"), std::string::npos);
}

TEST_F(Running, ANodeThatComesBackWithoutTheClientFailsTheTask) {
  run_to_running();
  nodes_[2]->go_down();
  await([](const nlohmann::json& now) { return now.at("clients")[2].at("reachable") == false; });
  nodes_[2]->lose_everything();
  nodes_[2]->come_up();
  const auto ended = await_state("Failed");
  EXPECT_EQ(ended.at("cause_client"), 2);
}

TEST_F(Running, AClientThatItsNodeWillNotTellOfIsGone) {
  run_to_running();
  nodes_[2]->go_down();
  await([](const nlohmann::json& now) { return now.at("clients")[2].at("reachable") == false; });
  nodes_[2]->lose_everything();
  nodes_[2]->refuse("monitor", Error(ErrorCode::kDenied, "task 't' client 2 belongs to another master"));
  nodes_[2]->come_up();
  const auto ended = await_state("Failed");
  EXPECT_EQ(ended.at("cause_client"), 2);
  EXPECT_NE(ended.at("cause").get<std::string>().find("belongs to another master"), std::string::npos) << ended.at("cause");
}

TEST_F(Running, ANodeWhoseAnswerIsAFaultIsAskedAgainForAMissingClient) {
  run_to_running();
  nodes_[2]->go_down();
  await([](const nlohmann::json& now) { return now.at("clients")[2].at("reachable") == false; });
  nodes_[2]->lose_everything();
  nodes_[2]->refuse("monitor", Error(ErrorCode::kInternal, "node.db is damaged"), 1);
  nodes_[2]->come_up();
  const auto ended = await_state("Failed");
  EXPECT_EQ(ended.at("cause_client"), 2);
}

/// Calls to nodes have so long a deadline that a test which waited for one would not end in time.
class LongDeadlines : public MasterTest {
 protected:
  LongDeadlines() {
    stop_master();
    timeouts_.call = std::chrono::minutes(10);
    options_.stop_timeout = std::chrono::minutes(10);
    options_.life_sign_timeout = std::chrono::milliseconds(200);
    start_master();
  }
  ~LongDeadlines() override {
    for (const auto& node : nodes_) node->release();
    client_->cancel();
  }
};

TEST_F(LongDeadlines, ARefusedLaunchDoesNotWaitForAnotherNodeThatHangs) {
  ASSERT_TRUE(create().ok());
  nodes_[1]->stall("start");
  nodes_[3]->refuse("start", Error(ErrorCode::kInternal, "cannot run pai-client"));
  const auto refused = start();
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), ErrorCode::kNodeFailed);
  EXPECT_NE(refused.error().message().find("cannot run pai-client"), std::string::npos) << refused.error().message();
  EXPECT_EQ(state(), "Failed");
  EXPECT_EQ(status().at("cause_client"), 3);
  nodes_[1]->release();  // it starts now, late
  await([&](const nlohmann::json&) { return !nodes_[0]->running("t") && !nodes_[2]->running("t"); });
}

TEST_F(LongDeadlines, AClientThatDiesDuringTheLaunchEndsItThoughAnotherNodeHangs) {
  ASSERT_TRUE(create().ok());
  nodes_[1]->stall("start");
  Result<nlohmann::json> answer = Error(ErrorCode::kInternal, "");
  std::thread caller([&] { answer = start(); });
  ASSERT_TRUE(nodes_[1]->wait_for("start"));
  ASSERT_TRUE(nodes_[2]->wait_for("start"));
  await([](const nlohmann::json& now) { return now.at("clients")[2].at("state") == "Running"; });
  nodes_[2]->report("t", ClientState::kFailed, "killed by signal 9");
  caller.join();
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code(), ErrorCode::kNodeFailed);
  EXPECT_EQ(status().at("cause_client"), 2);
}

TEST_F(LongDeadlines, ARefusedCheckDoesNotWaitForAnotherNodeThatHangs) {
  ASSERT_TRUE(create().ok());
  nodes_[1]->stall("start?");
  nodes_[3]->refuse("start?", Error(ErrorCode::kConflict, "port 20003 is held by task 'other'"));
  const auto refused = start();
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().message().find("port 20003"), std::string::npos) << refused.error().message();
  EXPECT_EQ(state(), "Created");
}

TEST_F(LongDeadlines, TheEndOfTheMasterWaitsForNoNodeAndLosesNothing) {
  run_to_running();
  nodes_[1]->stall("stop");
  Result<nlohmann::json> answer = Error(ErrorCode::kInternal, "");
  Result<nlohmann::json> second = Error(ErrorCode::kInternal, "");
  std::thread caller([&] { answer = stop(); });
  ASSERT_TRUE(nodes_[1]->wait_for("stop"));
  std::thread waiting([&] { second = stop(); });
  lifecycle_->begin_stop();
  client_->cancel();
  caller.join();
  waiting.join();
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code(), ErrorCode::kUnavailable);
  EXPECT_FALSE(second.ok());
  nodes_[1]->release();
  stop_master();
  start_master();
  await_state("Stopped");
  for (const auto& node : nodes_) EXPECT_FALSE(node->running("t"));
}

TEST_F(LongDeadlines, AStartThatTheMastersEndCutOffIsCompletedWhenItIsBack) {
  ASSERT_TRUE(create().ok());
  nodes_[1]->stall("start");
  Result<nlohmann::json> answer = Error(ErrorCode::kInternal, "");
  std::thread caller([&] { answer = start(); });
  ASSERT_TRUE(nodes_[1]->wait_for("start"));
  lifecycle_->begin_stop();
  client_->cancel();
  caller.join();
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code(), ErrorCode::kUnavailable);
  nodes_[1]->release();
  stop_master();
  start_master();
  await_state("Running");
}

class ShortPatience : public MasterTest {
 protected:
  ShortPatience() {
    stop_master();
    options_.limits.node_lost_timeout_s = 0.3;
    start_master();
  }
};

TEST_F(ShortPatience, ANodeThatStaysAwayTooLongFailsTheTask) {
  run_to_running();
  nodes_[2]->go_down();
  const auto ended = await_state("Failed");
  EXPECT_NE(ended.at("cause").get<std::string>().find("could not be reached for 0.3 s"), std::string::npos)
      << ended.at("cause");
  EXPECT_EQ(ended.at("unconfirmed").size(), 1u);
  nodes_[2]->come_up();
  await([](const nlohmann::json& now) { return now.at("unconfirmed").empty(); });
  EXPECT_FALSE(nodes_[2]->running("t"));
}

}  // namespace
}  // namespace pai::test
