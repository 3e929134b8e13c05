// What the rules of retention give up, and what they never do.
#include "master/retention.h"

#include <gtest/gtest.h>

namespace pai::master {
namespace {

using task::TaskState;

constexpr double kDay = 86'400;

std::vector<TaskSummary> ended(const std::vector<double>& days_ago, double now) {
  std::vector<TaskSummary> tasks;
  for (std::size_t i = 0; i < days_ago.size(); ++i) {
    TaskSummary task;
    task.name = "t" + std::to_string(i);
    task.state = TaskState::kFinished;
    task.created_at = task.ended_at = now - days_ago[i] * kDay;
    tasks.push_back(task);
  }
  return tasks;
}

std::vector<std::string> names(const std::vector<TaskSummary>& tasks) {
  std::vector<std::string> all;
  for (const auto& task : tasks) all.push_back(task.name);
  return all;
}

TEST(TasksDue, AreNoneByDefault) {
  EXPECT_FALSE(RetentionRules{}.any());
  EXPECT_TRUE(tasks_due({}, ended({1, 1'000, 10'000}, 1e9), 1e9).empty());
}

TEST(TasksDue, AreThoseOlderThanTheAgeOrBeyondTheNumber) {
  const double now = 1e9;
  const auto tasks = ended({1, 5, 20, 40}, now);
  EXPECT_EQ(names(tasks_due({.ended_days = 30}, tasks, now)), (std::vector<std::string>{"t3"}));
  EXPECT_EQ(names(tasks_due({.tasks_max = 3}, tasks, now)), (std::vector<std::string>{"t3"}));
  EXPECT_EQ(names(tasks_due({.ended_days = 4, .tasks_max = 3}, tasks, now)), (std::vector<std::string>{"t1", "t2", "t3"}));
}

TEST(TasksDue, NeverHasOneThatDidNotEnd) {
  const double now = 1e9;
  auto tasks = ended({100, 100, 100, 100, 100}, now);
  tasks[0].state = TaskState::kRunning;
  tasks[1].state = TaskState::kCreated;
  tasks[2].state = TaskState::kAwaitingApproval;
  tasks[3].state = TaskState::kStoppingToFailed;
  EXPECT_EQ(names(tasks_due({.ended_days = 1, .tasks_max = 1}, tasks, now)), (std::vector<std::string>{"t4"}));
}

task::TaskSpec training(const char* mode) {
  task::TaskSpec spec;
  spec.name = "m";
  task::ClientSpec main;
  main.type = task::ClientType::kSharedNnMain;
  main.settings = {{"mode", mode}};
  spec.clients.push_back(main);
  return spec;
}

TEST(Models, AreKeptUnlessTheRulesSayOtherwiseAndWhileAnybodyPredictsWithThem) {
  EXPECT_TRUE(is_kept({}, training("train"), TaskState::kFinished, {}));
  EXPECT_FALSE(is_kept({}, training("train"), TaskState::kFailed, {})) << "it left no model";
  EXPECT_FALSE(is_kept({}, training("predict"), TaskState::kFinished, {}));
  EXPECT_FALSE(is_kept({.models = true}, training("train"), TaskState::kFinished, {}));
  EXPECT_TRUE(is_kept({.models = true}, training("train"), TaskState::kFinished, {"m"}));
}

}  // namespace
}  // namespace pai::master
