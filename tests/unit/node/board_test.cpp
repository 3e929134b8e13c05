// What is reported: each master sees its own clients, and counts are of all.
#include "node/board.h"

#include <gtest/gtest.h>

#include "common/http/event_stream.h"

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

TEST(Board, SnapshotHasWhatRunsAndWhatEndedOfLateWithFewColumnsEach) {
  const auto loop = std::move(process::Loop::make()).value();
  Board board(*loop, "node", "boot");
  const double now =
      std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  auto ended = status("old", task::ClientState::kFinished);
  ended.ended_at = now - 3600;
  board.post(ended, "");
  ended.task_name = "new";
  ended.ended_at = now;
  ended.dataset.emplace();
  ended.dataset->columns.assign(201, "a long name of a column");
  board.post(ended, "");
  board.post(status("running", task::ClientState::kRunning), "");

  const auto stream = board.subscribe("");
  const std::string text = dynamic_cast<http::QueuedEventStream&>(*stream).take().text;
  EXPECT_EQ(text.find("\"old\""), std::string::npos);
  EXPECT_NE(text.find("\"new\""), std::string::npos);
  EXPECT_NE(text.find("\"running\""), std::string::npos);
  EXPECT_EQ(text.find("a long name"), std::string::npos);
  EXPECT_EQ(board.find({"new", 1})->dataset->columns.size(), 201u);
  EXPECT_EQ(board.all("").size(), 3u);
}

}  // namespace
}  // namespace pai::node
