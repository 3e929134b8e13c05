// Who may launch, in which order; what a master that is gone holds up, and what a restart finds.
#include "node/slots.h"

#include <gtest/gtest.h>

namespace pai::node {
namespace {

class SlotsTest : public ::testing::Test {
 protected:
  int ask(Slots& slots, const std::string& task, int clients = 1, const std::string& run = "r") {
    const auto place = slots.ask({0, "m", task, run, clients}, now_, [this]() -> Result<std::int64_t> { return ++tickets_; });
    EXPECT_TRUE(place.ok()) << place.error().describe();
    return place.ok() ? *place : -1;
  }
  double now_ = 1000;
  std::int64_t tickets_ = 0;
};

TEST_F(SlotsTest, WithoutABoundNobodyWaitsAndNothingIsStored) {
  Slots slots(0, 60);
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(ask(slots, "t" + std::to_string(i)), 0);
    EXPECT_TRUE(slots.take("m", {"t" + std::to_string(i), 0}, "r").ok());
  }
  EXPECT_EQ(tickets_, 0);
}

TEST_F(SlotsTest, LetsInByTheOrderOfAsking) {
  Slots slots(1, 60);
  EXPECT_EQ(ask(slots, "a"), 0);
  EXPECT_EQ(ask(slots, "b"), 1);
  EXPECT_EQ(ask(slots, "c"), 2);
  EXPECT_EQ(ask(slots, "b"), 1) << "asking again is no new place";
  EXPECT_EQ(tickets_, 3);
  EXPECT_EQ(slots.take("m", {"b", 0}, "r").error().code(), ErrorCode::kBusy) << "not its turn";
  EXPECT_TRUE(slots.take("m", {"a", 0}, "r").ok());
  EXPECT_EQ(slots.take_ended(now_), std::vector<std::int64_t>{1}) << "launched whole";
  EXPECT_EQ(ask(slots, "b"), 1);
  slots.release({"a", 0});
  EXPECT_EQ(ask(slots, "c"), 1) << "b was let in and keeps its place before it launches";
  EXPECT_EQ(ask(slots, "b"), 0);
  EXPECT_TRUE(slots.take("m", {"b", 0}, "r").ok());
}

TEST_F(SlotsTest, ARunsClientsAreLetInTogetherAndNotPassed) {
  Slots slots(2, 60);
  EXPECT_EQ(ask(slots, "one"), 0);
  EXPECT_TRUE(slots.take("m", {"one", 0}, "r").ok());
  EXPECT_EQ(ask(slots, "two", 2), 1);
  EXPECT_EQ(ask(slots, "small"), 2) << "there would be room, but the big one would starve";
  slots.release({"one", 0});
  EXPECT_EQ(ask(slots, "two", 2), 0);
  EXPECT_TRUE(slots.take("m", {"two", 0}, "r").ok());
  EXPECT_EQ(ask(slots, "small"), 1) << "the second place is kept for the same run";
  EXPECT_TRUE(slots.take("m", {"two", 3}, "r").ok());
}

TEST_F(SlotsTest, MoreThanEverRunsIsRefusedAtOnce) {
  Slots slots(2, 60);
  const auto asked = slots.ask({0, "m", "t", "r", 3}, now_, [] { return Result<std::int64_t>(1); });
  EXPECT_EQ(asked.error().code(), ErrorCode::kConflict);
  EXPECT_EQ(slots.waiting(), 0);
}

TEST_F(SlotsTest, ARunNobodyAsksAboutLosesItsPlace) {
  Slots slots(1, 60);
  EXPECT_EQ(ask(slots, "gone"), 0);
  EXPECT_EQ(ask(slots, "next"), 1);
  now_ += 50;
  EXPECT_EQ(ask(slots, "next"), 1);
  now_ += 11;
  EXPECT_EQ(ask(slots, "next"), 0);
  EXPECT_EQ(slots.take_ended(now_), std::vector<std::int64_t>{1});
  EXPECT_TRUE(slots.take_ended(now_).empty()) << "told once";
}

TEST_F(SlotsTest, AStoppedRunLeavesTheQueue) {
  Slots slots(1, 60);
  ask(slots, "a");
  ask(slots, "b");
  ask(slots, "c");
  EXPECT_EQ(slots.let_go("m", "b", "another run"), std::vector<std::int64_t>{});
  EXPECT_EQ(slots.let_go("m", "b", "r"), std::vector<std::int64_t>{2});
  EXPECT_EQ(ask(slots, "c"), 1);
  EXPECT_EQ(slots.let_go("m", "a", ""), std::vector<std::int64_t>{1});
  EXPECT_EQ(ask(slots, "c"), 0);
}

TEST_F(SlotsTest, AnotherMasterTakesNobodysPlace) {
  Slots slots(1, 60);
  EXPECT_EQ(ask(slots, "a"), 0);
  EXPECT_TRUE(slots.let_go("other", "a", "").empty());
  EXPECT_FALSE(slots.take("other", {"a", 0}, "r").ok());
  EXPECT_TRUE(slots.take("m", {"a", 0}, "r").ok());
}

TEST_F(SlotsTest, ARestartFindsTheOrderAndWhoRuns) {
  Slots slots(1, 60);
  slots.adopt({"running", 0}, "r");
  slots.restore({{5, "m", "running", "r", 1}, {6, "m", "b", "r", 1}, {7, "m", "c", "r", 1}}, now_);
  EXPECT_EQ(slots.take_ended(now_), std::vector<std::int64_t>{5});
  EXPECT_EQ(ask(slots, "c"), 2);
  EXPECT_EQ(ask(slots, "b"), 1);
  EXPECT_EQ(ask(slots, "running"), 0) << "it runs";
  slots.release({"running", 0});
  EXPECT_EQ(ask(slots, "b"), 0);
  EXPECT_EQ(tickets_, 0);
}

TEST_F(SlotsTest, APlaceThatCouldNotBeStoredIsNone) {
  Slots slots(1, 60);
  EXPECT_FALSE(slots.ask({0, "m", "t", "r", 1}, now_, [] { return Result<std::int64_t>(Error(ErrorCode::kInternal, "full disk")); }).ok());
  EXPECT_EQ(ask(slots, "u"), 0);
}

TEST_F(SlotsTest, WhoDidNotAskTakesAFreePlaceOnly) {
  Slots slots(1, 60);
  EXPECT_TRUE(slots.take("m", {"old master's", 0}, "r").ok());
  EXPECT_EQ(slots.take("m", {"another", 0}, "r").error().code(), ErrorCode::kBusy);
}

}  // namespace
}  // namespace pai::node
