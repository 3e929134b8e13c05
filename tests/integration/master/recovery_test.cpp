// The master dies at every write that it makes, and is started again: nothing half-done remains, at it or at a node.

#include <future>

#include "common/task/validate.h"
#include "integration/master/harness.h"

namespace pai::test {
namespace {

using task::ClientState;

class Recovery : public MasterTest {
 protected:
  void restart() {
    kill_master();
    start_master();
  }

  /// Either nobody has anything of the task or everybody has all of it.
  void expect_all_or_nothing() {
    await([](const nlohmann::json& now) { return now.at("state") != "Creating"; });
    if (state() == "NotExist") {
      await([&](const nlohmann::json&) { return store_->intents()->empty(); });  // each node was told to forget
      expect_nothing_anywhere();
    } else {
      EXPECT_EQ(state(), "Created");
      for (const auto& node : nodes_) EXPECT_TRUE(node->committed("t"));
    }
  }
};

class DeathDuringCreation : public Recovery, public ::testing::WithParamInterface<int> {};

TEST_P(DeathDuringCreation, LeavesAllOrNothing) {
  die_at_write(GetParam());
  EXPECT_FALSE(create().ok());
  ASSERT_TRUE(died());
  restart();
  expect_all_or_nothing();
  const auto again = create();
  EXPECT_TRUE(again.ok()) << again.error().describe();
}
INSTANTIATE_TEST_SUITE_P(EachWrite, DeathDuringCreation, ::testing::Values(0, 1, 2));

class DeathDuringRollback : public Recovery, public ::testing::WithParamInterface<int> {};

TEST_P(DeathDuringRollback, LeavesAllOrNothing) {
  nodes_[2]->refuse("commit", Error(ErrorCode::kIo, "no space left on device"), 1);
  die_at_write(GetParam());
  EXPECT_FALSE(create().ok());
  ASSERT_TRUE(died());
  restart();
  expect_all_or_nothing();
}
INSTANTIATE_TEST_SUITE_P(EachWrite, DeathDuringRollback, ::testing::Values(2, 3));

class DeathDuringStart : public Recovery, public ::testing::WithParamInterface<int> {};

TEST_P(DeathDuringStart, EndsRunningOrCreated) {
  ASSERT_TRUE(create().ok());
  die_at_write(GetParam());
  const auto started = start();
  restart();
  if (state() == "Created") {
    EXPECT_FALSE(started.ok());
    ASSERT_TRUE(start().ok());
  }
  await_state("Running");
  for (const auto& node : nodes_) EXPECT_TRUE(node->running("t"));
  for (const auto& node : nodes_) node->report("t", ClientState::kFinished);
  await_state("Finished");
}
INSTANTIATE_TEST_SUITE_P(EachWrite, DeathDuringStart, ::testing::Values(0, 1, 2));

class DeathDuringFailure : public Recovery, public ::testing::WithParamInterface<int> {};

TEST_P(DeathDuringFailure, EndsFailedWithNobodyRunning) {
  run_to_running();
  die_at_write(GetParam());
  nodes_[1]->report("t", ClientState::kFailed, "killed by signal 9");
  restart();
  const auto ended = await_state("Failed");
  EXPECT_EQ(ended.at("cause_client"), 1);
  for (const auto& node : nodes_) EXPECT_FALSE(node->running("t"));
}
INSTANTIATE_TEST_SUITE_P(EachWrite, DeathDuringFailure, ::testing::Values(0, 1));

class DeathDuringStop : public Recovery, public ::testing::WithParamInterface<int> {};

TEST_P(DeathDuringStop, CanBeStoppedAgain) {
  run_to_running();
  die_at_write(GetParam());
  EXPECT_FALSE(stop().ok());
  restart();
  const auto again = stop();
  ASSERT_TRUE(again.ok()) << again.error().describe();
  await_state("Stopped");
  for (const auto& node : nodes_) EXPECT_FALSE(node->running("t"));
}
INSTANTIATE_TEST_SUITE_P(EachWrite, DeathDuringStop, ::testing::Values(0, 1));

class DeathDuringDelete : public Recovery, public ::testing::WithParamInterface<int> {};

TEST_P(DeathDuringDelete, CanBeDeletedAgain) {
  ASSERT_TRUE(create().ok());
  die_at_write(GetParam());
  EXPECT_FALSE(remove().ok());
  restart();
  const auto again = remove();
  EXPECT_TRUE(again.ok() || again.error().code() == ErrorCode::kNotFound) << again.error().describe();
  expect_nothing_anywhere();
}
INSTANTIATE_TEST_SUITE_P(EachWrite, DeathDuringDelete, ::testing::Values(0, 1));

TEST_F(Recovery, ARunningTaskGoesOnWithoutTheMasterAndIsFinishedWhenItIsBack) {
  run_to_running();
  kill_master();
  for (const auto& node : nodes_) node->report("t", ClientState::kFinished);
  start_master();
  await_state("Finished");
}

TEST_F(Recovery, AClientThatDiedWhileTheMasterWasAwayFailsTheTask) {
  run_to_running();
  kill_master();
  nodes_[3]->report("t", ClientState::kFailed, "killed by signal 9");
  start_master();
  const auto ended = await_state("Failed");
  EXPECT_EQ(ended.at("cause_client"), 3);
}

TEST_F(Recovery, ADecidedCreationWhoseNodeRefusesIsFailedAndNamesIt) {
  die_at_write(2);  // after every node committed, before it was written
  EXPECT_FALSE(create().ok());
  kill_master();
  nodes_[1]->lose_everything();
  nodes_[1]->refuse("prepare", Error(ErrorCode::kInvalid, "the raw data are gone"));
  start_master();
  const auto ended = await_state("Failed");
  EXPECT_EQ(ended.at("cause_client"), 1);
  EXPECT_NE(ended.at("cause").get<std::string>().find("the raw data are gone"), std::string::npos);
  nodes_[1]->release();
  EXPECT_TRUE(remove().ok());
}

TEST_F(Recovery, CreationsThatWaitForANodeLeaveTheThreadsToOthers) {
  for (int i = 0; i < 40; ++i) {
    auto spec = task::validate(document("t" + std::to_string(i)));
    ASSERT_TRUE(spec.ok()) << spec.error().describe();
    master::TaskRecord record;
    record.spec = std::make_shared<const task::TaskSpec>(std::move(*spec));
    record.attempt = "ab";
    std::vector<task::ClientStatus> clients(record.spec->clients.size());
    for (std::size_t client = 0; client < clients.size(); ++client) {
      clients[client].task_name = record.spec->name;
      clients[client].client = static_cast<int>(client);
    }
    ASSERT_TRUE(store_->insert(record, clients, {}).ok());
    ASSERT_TRUE(store_->set_decided(record, true).ok());
  }
  stop_master();
  nodes_[3]->go_down();
  options_.recovery_window = std::chrono::minutes(10);
  start_master();
  std::promise<void> ran;
  lifecycle_->calls().post([&] { ran.set_value(); });
  EXPECT_EQ(ran.get_future().wait_for(std::chrono::seconds(30)), std::future_status::ready);
  EXPECT_EQ(state("t39"), "Creating");
  nodes_[3]->come_up();
  for (const int i : {0, 20, 39}) await_state("Created", "t" + std::to_string(i));
}

}  // namespace
}  // namespace pai::test
