// Every state with every event: the table below is written out once more by hand, so that a change of the code's table
// is a change here, on purpose.
#include "common/task/states.h"

#include <map>
#include <set>
#include <string>
#include <type_traits>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pai::task {
namespace {

using ::testing::HasSubstr;

constexpr int kTaskStateCount = static_cast<int>(TaskState::kDeleting) + 1;
constexpr int kTaskEventCount = static_cast<int>(TaskEvent::kForget) + 1;
constexpr int kClientStateCount = static_cast<int>(ClientState::kRejected) + 1;
constexpr int kClientEventCount = static_cast<int>(ClientEvent::kRetry) + 1;

using Allowed = std::map<std::pair<std::string, std::string>, std::string>;

const Allowed kTask = {
    {{"Creating", "committed"}, "Created"},
    {{"Creating", "approval needed"}, "AwaitingApproval"},
    {{"Creating", "fail"}, "Stopping(Failed)"},
    {{"Creating", "forget"}, "Deleting"},
    {{"Creating", "delete"}, "Deleting"},
    {{"AwaitingApproval", "approved"}, "Created"},
    {{"AwaitingApproval", "rejected"}, "Rejected"},
    {{"AwaitingApproval", "stop"}, "Stopping(Stopped)"},
    {{"Created", "start"}, "Starting"},
    {{"Created", "fail"}, "Stopping(Failed)"},
    {{"Created", "stop"}, "Stopping(Stopped)"},
    {{"Created", "delete"}, "Deleting"},
    {{"Starting", "all started"}, "Running"},
    {{"Starting", "all finished"}, "Finished"},
    {{"Starting", "fail"}, "Stopping(Failed)"},
    {{"Starting", "stop"}, "Stopping(Stopped)"},
    {{"Running", "all finished"}, "Finished"},
    {{"Running", "fail"}, "Stopping(Failed)"},
    {{"Running", "stop"}, "Stopping(Stopped)"},
    {{"Stopping(Failed)", "all ended"}, "Failed"},
    {{"Stopping(Stopped)", "all ended"}, "Stopped"},
    {{"Finished", "delete"}, "Deleting"},
    {{"Failed", "delete"}, "Deleting"},
    {{"Stopped", "delete"}, "Deleting"},
    {{"Rejected", "delete"}, "Deleting"},
    {{"Failed", "retry"}, "Created"},
    {{"Stopped", "retry"}, "Created"},
};

const Allowed kClient = {
    {{"Prepared", "commit"}, "Created"},
    {{"Prepared", "commit for approval"}, "AwaitingApproval"},
    {{"AwaitingApproval", "approve"}, "Created"},
    {{"AwaitingApproval", "reject"}, "Rejected"},
    {{"AwaitingApproval", "stop"}, "Stopped"},
    {{"Created", "launch"}, "Starting"},
    {{"Created", "stop"}, "Stopped"},
    {{"Created", "end stopped"}, "Stopped"},
    {{"Starting", "launched"}, "Running"},
    {{"Starting", "report finished"}, "Finished"},
    {{"Starting", "fail"}, "Failed"},
    {{"Starting", "stop"}, "Stopping"},
    {{"Starting", "end stopped"}, "Stopped"},
    {{"Running", "report finished"}, "Finished"},
    {{"Running", "fail"}, "Failed"},
    {{"Running", "stop"}, "Stopping"},
    {{"Running", "end stopped"}, "Stopped"},
    {{"Stopping", "end stopped"}, "Stopped"},
    {{"Stopping", "report finished"}, "Finished"},
    {{"Stopping", "fail"}, "Failed"},
    {{"Finished", "retry"}, "Created"},
    {{"Failed", "retry"}, "Created"},
    {{"Stopped", "retry"}, "Created"},
};

TEST(TaskStates, AllowExactlyTheTable) {
  std::size_t allowed = 0;
  for (int s = 0; s < kTaskStateCount; ++s) {
    for (int e = 0; e < kTaskEventCount; ++e) {
      const auto state = static_cast<TaskState>(s);
      const auto event = static_cast<TaskEvent>(e);
      const std::string from(task_state_name(state)), by(task_event_name(event));
      const auto step = apply(state, event);
      const auto expected = kTask.find({from, by});
      ASSERT_EQ(step.ok(), expected != kTask.end()) << from << " + " << by;
      if (step.ok()) {
        ++allowed;
        EXPECT_EQ(step->from(), state);
        EXPECT_EQ(step->event(), event);
        EXPECT_EQ(task_state_name(step->to()), expected->second) << from << " + " << by;
      } else {
        EXPECT_EQ(step.error().code(), ErrorCode::kConflict);
        EXPECT_THAT(step.error().message(), HasSubstr(from));
        EXPECT_THAT(step.error().message(), HasSubstr(by));
      }
    }
  }
  EXPECT_EQ(allowed, kTask.size());
}

TEST(ClientStates, AllowExactlyTheTable) {
  std::size_t allowed = 0;
  for (int s = 0; s < kClientStateCount; ++s) {
    for (int e = 0; e < kClientEventCount; ++e) {
      const auto state = static_cast<ClientState>(s);
      const auto event = static_cast<ClientEvent>(e);
      const std::string from(client_state_name(state)), by(client_event_name(event));
      const auto step = apply(state, event);
      const auto expected = kClient.find({from, by});
      ASSERT_EQ(step.ok(), expected != kClient.end()) << from << " + " << by;
      if (step.ok()) {
        ++allowed;
        EXPECT_EQ(step->from(), state);
        EXPECT_EQ(step->event(), event);
        EXPECT_EQ(client_state_name(step->to()), expected->second) << from << " + " << by;
      } else {
        EXPECT_EQ(step.error().code(), ErrorCode::kConflict);
        EXPECT_THAT(step.error().message(), HasSubstr(from));
        EXPECT_THAT(step.error().message(), HasSubstr(by));
      }
    }
  }
  EXPECT_EQ(allowed, kClient.size());
}

TEST(TaskStates, FoldAsQueryStatusSays) {
  const std::map<std::string, std::string> folded = {
      {"Creating", "NotExist"},        {"AwaitingApproval", "Created"},  {"Created", "Created"}, {"Starting", "Running"},
      {"Running", "Running"},          {"Stopping(Failed)", "Running"},  {"Stopping(Stopped)", "Running"},
      {"Finished", "Finished"},        {"Failed", "Failed"},             {"Stopped", "Stopped"}, {"Rejected", "Failed"},
      {"Deleting", "NotExist"},
  };
  ASSERT_EQ(folded.size(), static_cast<std::size_t>(kTaskStateCount));
  for (const auto& [name, fold] : folded) {
    const auto state = task_state_from_name(name);
    ASSERT_TRUE(state) << name;
    EXPECT_EQ(task_state_folded(*state), fold);
  }
}

TEST(TaskStates, KnowWhichEndedAndWhichMayHaveProcesses) {
  std::set<std::string_view> terminal, active;
  for (int s = 0; s < kTaskStateCount; ++s) {
    const auto state = static_cast<TaskState>(s);
    if (is_terminal(state)) terminal.insert(task_state_name(state));
    if (is_active(state)) active.insert(task_state_name(state));
  }
  EXPECT_EQ(terminal, (std::set<std::string_view>{"Finished", "Failed", "Stopped", "Rejected"}));
  EXPECT_EQ(active, (std::set<std::string_view>{"Starting", "Running", "Stopping(Failed)", "Stopping(Stopped)"}));
}

TEST(ClientStates, FoldAndKnowTheirEnd) {
  const std::map<std::string, std::string> folded = {
      {"Prepared", "Created"}, {"Created", "Created"},   {"Starting", "Running"}, {"Running", "Running"},
      {"Stopping", "Running"}, {"Finished", "Finished"}, {"Failed", "Failed"},    {"Stopped", "Stopped"},
      {"AwaitingApproval", "Created"}, {"Rejected", "Failed"},
  };
  ASSERT_EQ(folded.size(), static_cast<std::size_t>(kClientStateCount));
  for (const auto& [name, fold] : folded) {
    const auto state = client_state_from_name(name);
    ASSERT_TRUE(state) << name;
    EXPECT_EQ(client_state_folded(*state), fold);
    const bool ends = name == "Rejected" || (name == fold && name != "Created" && name != "Running");
    EXPECT_EQ(is_terminal(*state), ends) << name;
  }
  EXPECT_EQ(client_state_from_name("finished"), std::nullopt);
  EXPECT_EQ(task_state_from_name("Stopping"), std::nullopt);
}

TEST(Transitions, CannotBeMadeByAnybodyElse) {
  static_assert(!std::is_default_constructible_v<TaskTransition>);
  static_assert(!std::is_constructible_v<TaskTransition, TaskState, TaskEvent, TaskState>);
  static_assert(!std::is_constructible_v<ClientTransition, ClientState, ClientEvent, ClientState>);
  static_assert(std::is_copy_constructible_v<TaskTransition>);
}

}  // namespace
}  // namespace pai::task
