// Trainings at the master: data sets that don't belong together are refused and leave nothing, and a resumed
// retry reaches the nodes, whatever happens in between.
#include "integration/master/harness.h"

#include <thread>

#include <gmock/gmock.h>

namespace pai::test {
namespace {

using task::ClientState;
using testing::HasSubstr;

constexpr const char* kOne = "00112233445566778899aabbccddeeff0011223344556677";
constexpr const char* kOther = "ffeeddccbbaa99887766554433221100";

class Training : public MasterTest {
 protected:
  Training() {
    for (const std::size_t i : {2, 3}) nodes_[i]->carry(kOne);
  }
  Result<nlohmann::json> create_training(const nlohmann::json& main_settings = {}) {
    auto document = training();
    if (!main_settings.is_null()) document["clients"][0]["client_config"].update(main_settings);
    return master::create_task(*lifecycle_, document.dump());
  }
  void run_to_failed() {
    const auto created = create_training();
    ASSERT_TRUE(created.ok()) << created.error().describe();
    ASSERT_TRUE(start().ok());
    await_state("Running");
    nodes_[2]->report("t", ClientState::kFailed, "lost");
    await_state("Failed");
  }
  std::string resume_asked(const std::string& call) {
    const auto query = nodes_[3]->last_query(call);
    const auto found = query.find("resume");
    return found == query.end() ? "" : found->second;
  }
};

TEST_F(Training, OnOneAlignmentIsCreatedAndRuns) {
  const auto created = create_training();
  ASSERT_TRUE(created.ok()) << created.error().describe();
  ASSERT_TRUE(start().ok());
  await_state("Running");
  EXPECT_EQ(resume_asked("start"), "");
}

TEST_F(Training, OnDifferentAlignmentsIsRefusedAndLeavesNothing) {
  nodes_[3]->carry(kOther);
  const auto refused = create_training();
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), ErrorCode::kConflict);
  EXPECT_THAT(refused.error().message(), HasSubstr("do not come from one alignment"));
  ASSERT_EQ(refused.error().details().size(), 2u);
  const auto& details = refused.error().details();
  EXPECT_EQ(details[0].where, "127.0.0.1:" + std::to_string(nodes_[2]->port()));
  EXPECT_THAT(details[0].message, HasSubstr("of alignment 0011223344556677"));
  EXPECT_THAT(details[1].message, HasSubstr("of alignment ffeeddccbbaa9988"));
  expect_nothing_anywhere();
  const auto checked = master::check_task(*lifecycle_, training().dump());
  ASSERT_FALSE(checked.ok());
  EXPECT_EQ(checked.error().code(), ErrorCode::kConflict);
}

TEST_F(Training, WhoseAlignmentANodeDoesNotTellIsRefused) {
  nodes_[2]->carry("");
  const auto refused = create_training();
  ASSERT_FALSE(refused.ok());
  EXPECT_THAT(refused.error().details()[0].message, HasSubstr("of no alignment that its node tells"));
  expect_nothing_anywhere();
}

TEST_F(Training, WhoseDataSetWasReplacedMeanwhileIsNotStarted) {
  ASSERT_TRUE(create_training().ok());
  nodes_[3]->carry(kOther);
  const auto refused = start();
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), ErrorCode::kConflict);
  EXPECT_THAT(refused.error().message(), HasSubstr("nothing was started"));
  EXPECT_EQ(state(), "Created");
  EXPECT_EQ(nodes_[3]->count("start"), 0);
}

TEST_F(Training, CheckTellsTheDataSets) {
  const auto checked = master::check_task(*lifecycle_, training().dump());
  ASSERT_TRUE(checked.ok()) << checked.error().describe();
  EXPECT_EQ(checked->at("clients")[2].at("dataset").at("alignment_id"), kOne);
}

TEST_F(Training, ResumedRetryReachesTheNodes) {
  run_to_failed();
  ASSERT_TRUE(retry(true).ok());
  ASSERT_TRUE(start().ok());
  EXPECT_EQ(resume_asked("start?"), "true");
  EXPECT_EQ(resume_asked("start"), "true");
  await_state("Running");
  nodes_[2]->report("t", ClientState::kFailed, "lost");
  await_state("Failed");
  ASSERT_TRUE(retry(false).ok());
  ASSERT_TRUE(start().ok());
  EXPECT_EQ(resume_asked("start"), "") << "a fresh retry forgets it";
}

TEST_F(Training, ResumeIsRememberedOverARestart) {
  run_to_failed();
  ASSERT_TRUE(retry(true).ok());
  kill_master();
  start_master();
  ASSERT_TRUE(start().ok());
  EXPECT_EQ(resume_asked("start"), "true");
}

TEST_F(Training, ResumeIsRememberedOverADeathInTheMiddleOfTheStart) {
  run_to_failed();
  ASSERT_TRUE(retry(true).ok());
  nodes_[3]->stall("start");
  die_at_write(1);  // after the transition to Starting
  std::thread starting([&] { (void)start(); });
  ASSERT_TRUE(nodes_[3]->wait_for("start", 2));
  dead_ = true;
  nodes_[3]->release();
  starting.join();
  kill_master();
  start_master();
  await_state("Running");
  EXPECT_EQ(resume_asked("start"), "true");
}

TEST_F(Training, ThatIsCreatedAgainMayStillBeToldToResume) {
  run_to_failed();
  ASSERT_TRUE(retry(false).ok());
  ASSERT_TRUE(retry(true).ok());
  ASSERT_TRUE(start().ok());
  EXPECT_EQ(resume_asked("start"), "true");
}

TEST_F(Training, WithoutCheckpointsOrOfAPredictionIsNotResumed) {
  ASSERT_TRUE(create_training({{"checkpoint_per_batches", 0}}).ok());
  ASSERT_TRUE(stop().ok());
  const auto refused = retry(true);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), ErrorCode::kConflict);
  EXPECT_THAT(refused.error().message(), HasSubstr("checkpoint_per_batches 0"));
  ASSERT_TRUE(remove().ok());
  ASSERT_TRUE(create_training({{"mode", "predict"}, {"model_task", "m"}}).ok());
  ASSERT_TRUE(stop().ok());
  EXPECT_THAT(retry(true).error().message(), HasSubstr("is a prediction"));
}

TEST_F(Training, DataSetsInUseKeepTheirTaskFromBeingDeleted) {
  ASSERT_TRUE(create().ok());
  nodes_[2]->refuse("delete?", Error(ErrorCode::kConflict,
                                     "data set 'out/t' is being used by task 'x' client 1, which runs"));
  const auto refused = remove({.force = false, .datasets = true});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), ErrorCode::kConflict);
  EXPECT_THAT(refused.error().message(), HasSubstr("is being used by task 'x'"));
  EXPECT_EQ(state(), "Created");
  EXPECT_EQ(nodes_[1]->count("delete"), 0);
  EXPECT_TRUE(remove().ok()) << "without its data sets it goes";
}

}  // namespace
}  // namespace pai::test
