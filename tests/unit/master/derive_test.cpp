// What follows for a task from what is known of its clients: tables of cases, no clock, no network.

#include "master/derive.h"

#include <gtest/gtest.h>

#include "master/lifecycle.h"

namespace pai::master {
namespace {

using task::ClientState;
using task::TaskEvent;
using task::TaskState;

ClientView client(int id, ClientState state) {
  ClientView view;
  view.id = id;
  view.role = id == 0 ? task::Role::kMainClient : task::Role::kFeatureClient;
  view.node = "10.0.0." + std::to_string(id) + ":80";
  view.status.client = id;
  view.status.state = state;
  return view;
}

ClientView failed(int id, const std::string& reason, std::optional<int> blames = std::nullopt, double seen_at = 100) {
  auto view = client(id, ClientState::kFailed);
  view.status.reason = reason;
  view.status.blames = blames;
  view.ended_seen_at = seen_at;
  return view;
}

Derived at(TaskState state, const std::vector<ClientView>& clients, double now = 100, double starting_since = 90) {
  return derive(state, clients, now, starting_since, {.start_timeout_s = 60, .node_lost_timeout_s = 600, .blame_wait_s = 2});
}

TEST(Derive, NothingFollowsWhereNoClientRunsOrTheTaskIsStopping) {
  for (const auto state : {TaskState::kCreating, TaskState::kAwaitingApproval, TaskState::kCreated,
                           TaskState::kStoppingToFailed, TaskState::kStoppingToStopped, TaskState::kFinished,
                           TaskState::kFailed, TaskState::kStopped, TaskState::kRejected, TaskState::kDeleting}) {
    EXPECT_FALSE(at(state, {failed(0, "x"), client(1, ClientState::kFinished)}).event.has_value());
  }
}

TEST(Derive, ATaskIsApprovedByEveryOwnerAndRejectedByOne) {
  const auto waiting = client(1, ClientState::kAwaitingApproval);
  const auto approved = client(0, ClientState::kCreated);
  EXPECT_FALSE(at(TaskState::kAwaitingApproval, {approved, waiting}).event);
  EXPECT_EQ(at(TaskState::kAwaitingApproval, {approved, client(1, ClientState::kCreated)}).event, TaskEvent::kApproved);
  auto rejected = client(2, ClientState::kRejected);
  rejected.status.reason = "rejected by the data owner: no";
  const auto derived = at(TaskState::kAwaitingApproval, {approved, waiting, rejected});
  EXPECT_EQ(derived.event, TaskEvent::kRejected);
  ASSERT_TRUE(derived.cause);
  EXPECT_EQ(derived.cause->client, 2);
  EXPECT_EQ(derived.cause->text, "client 2 (feature_client at 10.0.0.2:80): rejected by the data owner: no");
}

TEST(Derive, ATaskRunsWhenEveryClientDoes) {
  EXPECT_FALSE(at(TaskState::kStarting, {client(0, ClientState::kRunning), client(1, ClientState::kStarting)}).event);
  EXPECT_EQ(at(TaskState::kStarting, {client(0, ClientState::kRunning), client(1, ClientState::kRunning)}).event,
            TaskEvent::kAllStarted);
  EXPECT_EQ(at(TaskState::kStarting, {client(0, ClientState::kFinished), client(1, ClientState::kRunning)}).event,
            TaskEvent::kAllStarted);
}

TEST(Derive, ATaskIsFinishedWhenEveryClientIs) {
  EXPECT_FALSE(at(TaskState::kRunning, {client(0, ClientState::kFinished), client(1, ClientState::kRunning)}).event);
  EXPECT_EQ(at(TaskState::kRunning, {client(0, ClientState::kFinished), client(1, ClientState::kFinished)}).event,
            TaskEvent::kAllFinished);
}

TEST(Derive, AFailedClientFailsTheTaskAndIsItsCause) {
  const auto derived = at(TaskState::kRunning, {client(0, ClientState::kRunning), failed(1, "disk full")});
  EXPECT_EQ(derived.event, TaskEvent::kFail);
  EXPECT_EQ(derived.cause->text, "client 1 (feature_client at 10.0.0.1:80): disk full");
  EXPECT_EQ(derived.cause->client, 1);
}

TEST(Derive, AClientThatWasStoppedBehindOurBackFailsTheTask) {
  auto stopped = client(1, ClientState::kStopped);
  stopped.ended_seen_at = 100;
  const auto derived = at(TaskState::kRunning, {client(0, ClientState::kRunning), stopped});
  EXPECT_EQ(derived.event, TaskEvent::kFail);
  EXPECT_EQ(derived.cause->text, "client 1 (feature_client at 10.0.0.1:80): stopped at its node");
}

TEST(Derive, WithoutAReasonSignalAndExitCodeTellTheEnd) {
  task::ClientStatus status;
  status.state = ClientState::kFailed;
  EXPECT_EQ(end_of(status), "failed and gave no reason");
  status.exit_code = 3;
  EXPECT_EQ(end_of(status), "exited with code 3");
  status.signal = 9;
  EXPECT_EQ(end_of(status), "killed by signal 9");
  status.reason = "out of memory";
  EXPECT_EQ(end_of(status), "out of memory");
}

TEST(Derive, ABlamedClientIsWaitedForAtMostTheBlameWait) {
  const std::vector<ClientView> clients = {failed(0, "peer 2 lost", 2, 100), client(1, ClientState::kRunning),
                                           client(2, ClientState::kRunning)};
  const auto early = at(TaskState::kRunning, clients, 101.9);
  EXPECT_FALSE(early.event.has_value());
  EXPECT_EQ(early.look_again_at, 102);
  const auto late = at(TaskState::kRunning, clients, 102);
  EXPECT_EQ(early.awaited, 2);
  EXPECT_EQ(late.event, TaskEvent::kFail);
  EXPECT_EQ(late.cause->client, 2);
  EXPECT_EQ(late.cause->text,
            "client 2 (feature_client at 10.0.0.2:80): lost; its node gave no account within 2 s "
            "(client 0 (main_client at 10.0.0.0:80): peer 2 lost)");
}

TEST(Derive, ABlamedClientWhoseNodeIsAwayIsNamed) {
  auto lost = client(2, ClientState::kRunning);
  lost.unreachable_since = 99;
  EXPECT_EQ(at(TaskState::kRunning, {failed(0, "peer 2 lost", 2, 100), lost}, 100.4).look_again_at, 100.5);
  const auto derived = at(TaskState::kRunning, {failed(0, "peer 2 lost", 2, 100), lost}, 100.5);
  EXPECT_EQ(derived.cause->client, 2);
  EXPECT_NE(derived.cause->text.find("its node cannot be reached"), std::string::npos);
  EXPECT_NE(derived.cause->text.find("peer 2 lost"), std::string::npos);
}

TEST(Derive, BlameIsFollowedToTheFirstCause) {
  // 3 blames 1, 1 blames 2, 2 tells its own story, whoever spoke first.
  for (const double first : {90.0, 100.0, 110.0}) {
    const auto derived = at(TaskState::kRunning,
                            {client(0, ClientState::kRunning), failed(1, "peer 2 lost", 2, 100),
                             failed(2, "killed by signal 9", std::nullopt, first), failed(3, "peer 1 lost", 1, 95)},
                            111);
    EXPECT_EQ(derived.event, TaskEvent::kFail);
    EXPECT_EQ(derived.cause->client, 2);
  }
}

TEST(Derive, AChainEndsAtTheLastWhoSpoke) {
  const auto derived = at(TaskState::kRunning, {failed(0, "peer 1 lost", 1, 100), failed(1, "peer 2 lost", 2, 100),
                                                client(2, ClientState::kFinished)});
  EXPECT_EQ(derived.event, TaskEvent::kFail);  // who has finished has nothing more to say
  EXPECT_EQ(derived.cause->client, 1);
}

TEST(Derive, ACircleOfBlameEndsWithTheFirstThatWasHeard) {
  const auto derived =
      at(TaskState::kRunning, {failed(0, "peer 1 lost", 1, 101), failed(1, "peer 0 lost", 0, 100)}, 101);
  EXPECT_EQ(derived.event, TaskEvent::kFail);
  EXPECT_EQ(derived.cause->client, 1);
  const auto self = at(TaskState::kRunning, {failed(0, "lost myself", 0, 100), client(1, ClientState::kRunning)});
  EXPECT_EQ(self.cause->client, 0);
}

TEST(Derive, BlameOnAnIdThatDoesNotExistIsNotFollowed) {
  const auto derived = at(TaskState::kRunning, {failed(0, "peer 7 lost", 7, 100), client(1, ClientState::kRunning)});
  EXPECT_EQ(derived.event, TaskEvent::kFail);
  EXPECT_EQ(derived.cause->client, 0);
}

TEST(Derive, AStartThatTakesTooLongFailsNamingWhoIsLate) {
  const std::vector<ClientView> clients = {client(0, ClientState::kRunning), client(1, ClientState::kStarting)};
  const auto early = at(TaskState::kStarting, clients, 149, 90);
  EXPECT_FALSE(early.event.has_value());
  EXPECT_EQ(early.look_again_at, 150);
  const auto late = at(TaskState::kStarting, clients, 150, 90);
  EXPECT_EQ(late.event, TaskEvent::kFail);
  EXPECT_EQ(late.cause->text, "client 1 (feature_client at 10.0.0.1:80): did not start within 60 s");
}

TEST(Derive, ANodeOutOfReachFailsTheTaskAfterItsTimeAndNotBefore) {
  auto away = client(1, ClientState::kRunning);
  away.unreachable_since = 100;
  const std::vector<ClientView> clients = {client(0, ClientState::kRunning), away};
  EXPECT_EQ(at(TaskState::kRunning, clients, 699).look_again_at, 700);
  EXPECT_EQ(at(TaskState::kRunning, clients, 700).event, TaskEvent::kFail);
}

TEST(Derive, ANodeOutOfReachWhoseClientHasFinishedIsNoFault) {
  auto away = client(1, ClientState::kFinished);
  away.unreachable_since = 100;
  EXPECT_FALSE(at(TaskState::kRunning, {client(0, ClientState::kRunning), away}, 5'000).event.has_value());
}

TEST(Supersedes, StatesOnlyGoForwardWithinARun) {
  task::ClientStatus now;
  now.run_id = "r";
  now.state = ClientState::kRunning;
  auto next = now;
  EXPECT_FALSE(supersedes(now, next, "r")) << "nothing new";
  next.progress.done = 5;
  EXPECT_TRUE(supersedes(now, next, "r"));
  next.state = ClientState::kStarting;
  EXPECT_FALSE(supersedes(now, next, "r")) << "an older answer";
  next.state = ClientState::kFailed;
  EXPECT_TRUE(supersedes(now, next, "r"));
  EXPECT_FALSE(supersedes(next, now, "r")) << "an end is an end";
  next.run_id = "older";
  EXPECT_FALSE(supersedes(now, next, "r")) << "another run's end";
  next.state = ClientState::kRunning;
  EXPECT_TRUE(supersedes(next, now, "r")) << "the first word of the present run";
}

}  // namespace
}  // namespace pai::master
