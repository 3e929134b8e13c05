// Stop, delete and retry: idempotent, honest about nodes that could not be told, and kept until those are.

#include "integration/master/harness.h"

namespace pai::test {
namespace {

using task::ClientState;

class Ending : public MasterTest {};

TEST_F(Ending, StopEndsEveryClientAndIsOkAgain) {
  run_to_running();
  const auto stopped = stop();
  ASSERT_TRUE(stopped.ok()) << stopped.error().describe();
  EXPECT_EQ(state(), "Stopped");
  for (const auto& node : nodes_) EXPECT_FALSE(node->running("t"));
  EXPECT_TRUE(stop().ok());
}

TEST_F(Ending, StopBeforeStartCallsNobody) {
  ASSERT_TRUE(create().ok());
  ASSERT_TRUE(stop().ok());
  EXPECT_EQ(state(), "Stopped");
  EXPECT_EQ(nodes_[0]->count("stop"), 0);
}

/// What retention decided on is not what is there: nothing may go.
TEST_F(Ending, DeletionOfATaskThatWasTriedAgainMeanwhileIsRefused) {
  run_to_running();
  nodes_[1]->report("t", ClientState::kFailed, "the disk is full");
  await_state("Failed");
  const auto stored = store_->find("t");
  ASSERT_TRUE(stored.ok() && *stored);
  const double ended_at = (*stored)->record.ended_at;
  EXPECT_GT(ended_at, 0);
  ASSERT_TRUE(retry().ok());
  const auto refused = remove({.only_ended_at = ended_at});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), ErrorCode::kConflict);
  EXPECT_EQ(state(), "Created");
  ASSERT_TRUE(start().ok());
  EXPECT_FALSE(remove({.only_ended_at = ended_at}).ok());
  for (const auto& node : nodes_) EXPECT_TRUE(node->running("t"));
  ASSERT_TRUE(stop().ok());
  EXPECT_FALSE(remove({.only_ended_at = ended_at}).ok()) << "it ended again, later";
  const auto again = store_->find("t");
  ASSERT_TRUE(again.ok() && *again);
  EXPECT_TRUE(remove({.only_ended_at = (*again)->record.ended_at}).ok());
}

TEST_F(Ending, StopAfterTheEndIsOk) {
  run_to_running();
  for (const auto& node : nodes_) node->report("t", ClientState::kFinished);
  await_state("Finished");
  EXPECT_TRUE(stop().ok());
  EXPECT_EQ(state(), "Finished");
}

TEST_F(Ending, StopWithANodeAwayNamesItStopsTheOthersAndIsRepeated) {
  run_to_running();
  nodes_[1]->go_down();
  const auto stopped = stop();
  ASSERT_FALSE(stopped.ok());
  EXPECT_EQ(stopped.error().code(), ErrorCode::kNodeFailed);
  EXPECT_EQ(stopped.error().details().at(0).where, "127.0.0.1:" + std::to_string(nodes_[1]->port()));
  EXPECT_EQ(state(), "Stopped");
  EXPECT_TRUE(nodes_[1]->running("t"));
  EXPECT_FALSE(nodes_[0]->running("t"));
  nodes_[1]->come_up();
  await([](const nlohmann::json& now) { return now.at("unconfirmed").empty(); });
  EXPECT_FALSE(nodes_[1]->running("t"));
  EXPECT_TRUE(stop().ok());
}

TEST_F(Ending, AnIntentOutlivesTheMaster) {
  run_to_running();
  nodes_[1]->go_down();
  EXPECT_FALSE(stop().ok());
  kill_master();
  nodes_[1]->come_up();
  start_master();
  await([](const nlohmann::json& now) { return now.at("unconfirmed").empty(); });
  EXPECT_FALSE(nodes_[1]->running("t"));
}

TEST_F(Ending, ForceForgetsWhatANodeWasNotTold) {
  run_to_running();
  nodes_[1]->go_down();
  const auto stopped = stop({.force = true});
  ASSERT_TRUE(stopped.ok()) << stopped.error().describe();
  EXPECT_TRUE(store_->intents()->empty());
}

TEST_F(Ending, DeleteStopsFirstAndFreesTheName) {
  run_to_running();
  const auto deleted = remove();
  ASSERT_TRUE(deleted.ok()) << deleted.error().describe();
  expect_nothing_anywhere();
  const auto gone = remove();
  ASSERT_FALSE(gone.ok());
  EXPECT_EQ(gone.error().code(), ErrorCode::kNotFound);
  EXPECT_TRUE(create().ok());
}

TEST_F(Ending, DeleteWithANodeAwayIsFinishedWhenItIsBack) {
  ASSERT_TRUE(create().ok());
  nodes_[3]->go_down();
  const auto deleted = remove();
  ASSERT_FALSE(deleted.ok());
  EXPECT_EQ(deleted.error().code(), ErrorCode::kNodeFailed);
  const auto meanwhile = create();
  ASSERT_FALSE(meanwhile.ok());
  EXPECT_EQ(meanwhile.error().code(), ErrorCode::kConflict);
  nodes_[3]->come_up();
  await([](const nlohmann::json& now) { return now.at("state") == "NotExist"; });
  expect_nothing_anywhere();
  EXPECT_TRUE(create().ok());
}

TEST_F(Ending, ForcedDeleteForgetsTheTask) {
  ASSERT_TRUE(create().ok());
  nodes_[3]->go_down();
  const auto deleted = remove({.force = true});
  ASSERT_TRUE(deleted.ok()) << deleted.error().describe();
  EXPECT_EQ(state(), "NotExist");
  EXPECT_TRUE(store_->intents()->empty());
}

TEST_F(Ending, RetryMakesAFailedTaskRunAgain) {
  run_to_running();
  const auto first_run = nodes_[0]->run_id("t");
  nodes_[1]->report("t", ClientState::kFailed, "disk full");
  await_state("Failed");
  ASSERT_TRUE(retry().ok());
  const auto seen = status();
  EXPECT_EQ(seen.at("state"), "Created");
  EXPECT_EQ(seen.at("cause"), "");
  EXPECT_TRUE(retry().ok());
  ASSERT_TRUE(start().ok());
  await_state("Running");
  EXPECT_NE(nodes_[0]->run_id("t"), first_run);
}

TEST_F(Ending, RetryWaitsForANodeThatMayStillRunTheFormerRun) {
  run_to_running();
  nodes_[1]->go_down();
  EXPECT_FALSE(stop().ok());
  const auto refused = retry();
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), ErrorCode::kNodeFailed);
  nodes_[1]->come_up();
  const auto again = retry();
  EXPECT_TRUE(again.ok());
}

TEST_F(Ending, RetryOfARunningOrFinishedTaskIsAConflict) {
  run_to_running();
  EXPECT_EQ(retry().error().code(), ErrorCode::kConflict);
  for (const auto& node : nodes_) node->report("t", ClientState::kFinished);
  await_state("Finished");
  EXPECT_EQ(retry().error().code(), ErrorCode::kConflict);
}

TEST_F(Ending, ResumeOfAnAlignmentIsRefusedWithASentence) {
  ASSERT_TRUE(create().ok());
  const auto refused = retry(true);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), ErrorCode::kConflict);
  EXPECT_NE(refused.error().message().find("checkpoint"), std::string::npos);
}

}  // namespace
}  // namespace pai::test
