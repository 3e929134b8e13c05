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

std::string snapshot_of(Board& board, const std::string& owner) {
  const auto stream = board.subscribe(owner);
  return dynamic_cast<http::QueuedEventStream&>(*stream).take().text;
}

TEST(Board, ShowsEachMasterItsOwnClients) {
  const auto loop = std::move(process::Loop::make()).value();
  Board board(*loop, "node", "boot");
  board.post(status("a", task::ClientState::kCreated), "sha256:1");
  board.post(status("b", task::ClientState::kRunning), "sha256:2");
  const std::string text = snapshot_of(board, "sha256:1");
  EXPECT_NE(text.find("\"a\""), std::string::npos);
  EXPECT_EQ(text.find("\"b\""), std::string::npos);
  EXPECT_EQ(snapshot_of(board, "").find("task_name"), std::string::npos);
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

  const std::string text = snapshot_of(board, "");
  EXPECT_EQ(text.find("\"old\""), std::string::npos);
  EXPECT_NE(text.find("\"new\""), std::string::npos);
  EXPECT_NE(text.find("\"running\""), std::string::npos);
  EXPECT_EQ(text.find("a long name"), std::string::npos);
  EXPECT_EQ(board.find({"new", 1})->dataset->columns.size(), 201u);
}

TEST(Board, ForgetsWhatEndedLongAgoAndNothingThatRunsAgain) {
  const auto loop = std::move(process::Loop::make()).value();
  Board board(*loop, "node", "boot");
  auto ended = status("old", task::ClientState::kFailed);
  ended.ended_at = 1'000;
  board.post(ended, "");
  ended.task_name = "again";
  board.post(ended, "");
  board.post(status("again", task::ClientState::kRunning), "");
  (void)board.subscribe("");
  EXPECT_FALSE(board.find({"old", 1}));
  EXPECT_TRUE(board.find({"again", 1}));
}

TEST(Board, BatchesAndRecordAreMereProgress) {
  // A training that reports often costs its followers no more than any other progress.
  const auto loop = std::move(process::Loop::make()).value();
  Board board(*loop, "node", "boot");
  auto training = status("t", task::ClientState::kRunning);
  board.post(training, "");
  const auto stream = board.subscribe("");
  auto& queue = dynamic_cast<http::QueuedEventStream&>(*stream);
  (void)queue.take();
  for (std::uint64_t batch = 1; batch <= 1000; ++batch) {
    training.n_batches = batch;
    training.record = task::RecordSummary{
        .columns = {"time", "n_batches", "loss"}, .rows = batch, .latest = {1, static_cast<double>(batch), 0.5}};
    board.post(training, "");
  }
  const std::string text = queue.take().text;
  std::size_t events = 0;
  for (auto at = text.find("event: client"); at != std::string::npos; at = text.find("event: client", at + 1)) ++events;
  EXPECT_LT(events, 100u);
  EXPECT_EQ(board.find({"t", 1})->n_batches, 1000u);
}

}  // namespace
}  // namespace pai::node
