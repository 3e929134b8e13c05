// Creation is all or nothing over the nodes, whatever one of them does at whatever step; shown with fake nodes that
// refuse, stay silent or are away, and by looking at what is left there.

#include <thread>

#include "integration/master/harness.h"

namespace pai::test {
namespace {

class Creation : public MasterTest {};

TEST_F(Creation, EveryNodeHasItsPartAfterwards) {
  const auto created = create();
  ASSERT_TRUE(created.ok()) << created.error().describe();
  for (const auto& node : nodes_) EXPECT_TRUE(node->committed("t"));
  EXPECT_EQ(state(), "Created");
  EXPECT_EQ(status().at("clients").size(), 4u);
}

TEST_F(Creation, TheSameBodyIsOkAgainAndAnotherIsAConflict) {
  ASSERT_TRUE(create().ok());
  EXPECT_TRUE(create().ok());
  EXPECT_EQ(nodes_[0]->count("prepare"), 1);
  auto other = document();
  other["clients"][1]["client_config"]["raw_data_path"] = "other.csv";
  const auto refused = master::create_task(*lifecycle_, other.dump());
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), ErrorCode::kConflict);
  EXPECT_EQ(state(), "Created");
}

TEST_F(Creation, ManyAtOnceWithTheSameBodyMakeOneTask) {
  std::atomic<int> ok = 0;
  std::vector<std::thread> callers;
  for (int i = 0; i < 8; ++i) callers.emplace_back([&] { ok += create().ok() ? 1 : 0; });
  for (auto& caller : callers) caller.join();
  EXPECT_EQ(ok, 8);
  for (const auto& node : nodes_) EXPECT_EQ(node->count("prepare"), 1);
}

TEST_F(Creation, AnotherBodyUnderWayIsAConflict) {
  nodes_[2]->stall("prepare");
  std::thread first([&] { EXPECT_TRUE(create().ok()); });
  ASSERT_TRUE(nodes_[2]->wait_for("prepare"));
  auto other = document();
  other["clients"][1]["client_config"]["raw_data_path"] = "other.csv";
  const auto refused = master::create_task(*lifecycle_, other.dump());
  nodes_[2]->release();
  first.join();
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), ErrorCode::kConflict);
}

TEST_F(Creation, ANodeThatRefusesToPrepareLeavesNothingAnywhere) {
  nodes_[2]->refuse("prepare", Error(ErrorCode::kNotFound, "cannot open raw data 't.csv': no such file")
                                   .with_detail({ErrorDetail::Kind::kPath, "client_config.raw_data_path", "no such file"}));
  const auto refused = create();
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), ErrorCode::kNodeFailed);
  EXPECT_NE(refused.error().message().find("no such file"), std::string::npos) << refused.error().message();
  ASSERT_EQ(refused.error().details().size(), 2u);
  EXPECT_EQ(refused.error().details()[0].where, "127.0.0.1:" + std::to_string(nodes_[2]->port()));
  EXPECT_EQ(refused.error().details()[1].where, "clients[2].client_config.raw_data_path");
  expect_nothing_anywhere();
}

TEST_F(Creation, AConflictAtANodeIsAConflict) {
  nodes_[1]->refuse("prepare", Error(ErrorCode::kConflict, "out_data_path 'out/t' is held by task 'other'"));
  const auto refused = create();
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), ErrorCode::kConflict);
  expect_nothing_anywhere();
}

TEST_F(Creation, ANodeThatIsAwayIsNamedAndLeavesNothing) {
  nodes_[3]->go_down();
  const auto refused = create();
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), ErrorCode::kNodeFailed);
  ASSERT_FALSE(refused.error().details().empty());
  EXPECT_EQ(refused.error().details()[0].where, "127.0.0.1:" + std::to_string(nodes_[3]->port()));
  expect_nothing_anywhere();
}

TEST_F(Creation, ANodeThatDoesNotAnswerInTimeIsATimeout) {
  nodes_[1]->stall("prepare");
  const auto refused = create();
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), ErrorCode::kTimeout);
  for (const std::size_t other : {0u, 2u, 3u}) EXPECT_TRUE(nodes_[other]->empty());
  EXPECT_EQ(state(), "NotExist");
}

TEST_F(Creation, ARefusedCommitTakesBackTheOthers) {
  nodes_[2]->refuse("commit", Error(ErrorCode::kIo, "no space left on device"));
  const auto refused = create();
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().message().find("no space left"), std::string::npos);
  expect_nothing_anywhere();
}

TEST_F(Creation, ACommitThatMeetsAnExpiredPreparationPreparesAgain) {
  nodes_[2]->refuse("commit", Error(ErrorCode::kConflict, "expired"), 1);
  const auto created = create();
  ASSERT_TRUE(created.ok()) << created.error().describe();
  EXPECT_EQ(nodes_[2]->count("prepare"), 2);
  EXPECT_TRUE(nodes_[2]->committed("t"));
}

TEST_F(Creation, ANodeThatDiesBetweenPrepareAndCommitIsToldToForgetWhenItIsBack) {
  nodes_[3]->stall("commit");
  Result<nlohmann::json> answer = Error(ErrorCode::kInternal, "");
  std::thread caller([&] { answer = create(); });
  ASSERT_TRUE(nodes_[3]->wait_for("commit"));
  caller.join();
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code(), ErrorCode::kTimeout);
  for (const std::size_t other : {0u, 1u, 2u}) EXPECT_TRUE(nodes_[other]->empty());
  EXPECT_EQ(state(), "NotExist");
  nodes_[3]->release();  // the commit is carried out now, late; the forget that follows takes it back
  ASSERT_TRUE(nodes_[3]->wait_for("forget"));
}

TEST_F(Creation, TheNameIsFreeAfterARollback) {
  nodes_[1]->refuse("prepare", Error(ErrorCode::kInvalid, "no"), 1);
  EXPECT_FALSE(create().ok());
  const auto again = create();
  EXPECT_TRUE(again.ok());
}

TEST_F(Creation, ABadTaskNeverReachesANode) {
  auto bad = document();
  bad["clients"][0].erase("role");
  const auto refused = master::create_task(*lifecycle_, bad.dump());
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), ErrorCode::kInvalid);
  EXPECT_EQ(nodes_[0]->count("prepare"), 0);
}

TEST_F(Creation, AForeignAddressIsDeniedWithItsPath) {
  auto far = document();
  far["clients"][2]["addr"] = "192.0.2.7";
  const auto refused = master::create_task(*lifecycle_, far.dump());
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), ErrorCode::kDenied);
  EXPECT_EQ(refused.error().details().at(0).where, "clients[2].addr");
}

TEST_F(Creation, ACheckKeepsNothing) {
  ASSERT_TRUE(master::check_task(*lifecycle_, body()).ok());
  for (const auto& node : nodes_) EXPECT_EQ(node->count("check"), 1);
  expect_nothing_anywhere();
}

TEST_F(Creation, ARepeatIsNotOkWhileTheCreationIsNotCompletedAndCompletesItOnceItCanBe) {
  nodes_[0]->stall("commit");
  Result<nlohmann::json> answer = Error(ErrorCode::kInternal, "");
  std::thread caller([&] { answer = create(); });
  ASSERT_TRUE(nodes_[0]->wait_for("commit"));
  fill_disk(true);
  nodes_[0]->release();
  caller.join();
  ASSERT_FALSE(answer.ok());
  const auto repeated = create();
  ASSERT_FALSE(repeated.ok()) << repeated->dump();
  EXPECT_EQ(repeated.error().code(), ErrorCode::kUnavailable);
  EXPECT_EQ(state(), "Creating");
  fill_disk(false);
  const auto completed = create();
  ASSERT_TRUE(completed.ok()) << completed.error().describe();
  EXPECT_EQ(completed->at("state"), "Created");
  for (const auto& node : nodes_) EXPECT_TRUE(node->committed("t"));
}

TEST_F(Creation, TheFilesAreKnownFromTheBeginning) {
  ASSERT_TRUE(create().ok());
  const auto datasets = store_->datasets_of("t");
  ASSERT_TRUE(datasets.ok());
  ASSERT_EQ(datasets->size(), 3u);
  EXPECT_EQ((*datasets)[0].files, (std::vector<std::string>{"t_aligned.csv", "train.csv", "test.csv"}));
  EXPECT_FALSE((*datasets)[0].finished);
}

}  // namespace
}  // namespace pai::test
