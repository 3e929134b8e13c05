// What is reported: each master sees its own clients, and counts are of all.
#include "node/board.h"

#include <gtest/gtest.h>

namespace pai::node {
namespace {

task::ClientStatus status(const std::string& task, task::ClientState state) {
  task::ClientStatus result;
  result.task_name = task;
  result.client = 1;
  result.state = state;
  return result;
}

TEST(Board, ShowsEachMasterItsOwnClients) {
  const auto loop = std::move(process::Loop::make()).value();
  Board board(*loop, "node", "boot");
  board.post(status("a", task::ClientState::kCreated), "sha256:1");
  board.post(status("b", task::ClientState::kRunning), "sha256:2");
  ASSERT_EQ(board.all("sha256:1").size(), 1u);
  EXPECT_EQ(board.all("sha256:1")[0].task_name, "a");
  EXPECT_TRUE(board.all("").empty());
  EXPECT_EQ(board.counts().at(task::ClientState::kRunning), 1u);
  board.remove({"b", 1});
  EXPECT_FALSE(board.find({"b", 1}));
  EXPECT_TRUE(board.find({"a", 1}));
}

TEST(Board, LatestStatusCounts) {
  const auto loop = std::move(process::Loop::make()).value();
  Board board(*loop, "node", "boot");
  board.post(status("a", task::ClientState::kCreated), "");
  board.post(status("a", task::ClientState::kRunning), "");
  EXPECT_EQ(board.find({"a", 1})->state, task::ClientState::kRunning);
  EXPECT_EQ(board.all("").size(), 1u);
}

}  // namespace
}  // namespace pai::node
