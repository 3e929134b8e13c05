// What the rules of a node's retention give up, and what they never do.
#include "node/retention.h"

#include <gtest/gtest.h>

namespace pai::node {
namespace {

constexpr double kDay = 86'400;
constexpr double kNow = 1e9;

EndedClient client(const std::string& task, int id, double days_ago) { return {{task, id}, kNow - days_ago * kDay}; }

std::vector<std::string> names(const std::vector<EndedTask>& tasks) {
  std::vector<std::string> all;
  for (const auto& task : tasks) all.push_back(task.name);
  return all;
}

const std::vector<EndedTask>& tasks() {
  static const auto all = ended_tasks({client("old", 1, 40), client("new", 1, 1), client("middle", 2, 5), client("older", 0, 90)}, {});
  return all;
}

TEST(EndedTasks, AreTheLatestFirstByTheirLastClientAndNoneThatStillRuns) {
  EXPECT_EQ(names(tasks()), (std::vector<std::string>{"new", "middle", "old", "older"}));
  const auto two = ended_tasks({client("a", 0, 30), client("b", 1, 20), client("a", 3, 1), client("c", 1, 50)}, {"c"});
  EXPECT_EQ(names(two), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(two[0].clients.size(), 2U);
  EXPECT_EQ(two[0].ended_at, kNow - kDay);
}

TEST(NodeTasksDue, AreNoneByDefault) {
  EXPECT_FALSE(RetentionRules{}.any());
  EXPECT_TRUE(tasks_due({}, tasks(), kNow).empty());
}

TEST(NodeTasksDue, AreThoseOlderThanTheAgeOrBeyondTheNumberTheOldestFirst) {
  EXPECT_EQ(names(tasks_due({.ended_days = 30}, tasks(), kNow)), (std::vector<std::string>{"older", "old"}));
  EXPECT_EQ(names(tasks_due({.tasks_max = 3}, tasks(), kNow)), (std::vector<std::string>{"older"}));
  EXPECT_EQ(names(tasks_due({.ended_days = 60, .tasks_max = 1}, tasks(), kNow)), (std::vector<std::string>{"older", "old", "middle"}));
  EXPECT_TRUE(tasks_due({.ended_days = 100, .tasks_max = 4}, tasks(), kNow).empty());
}

TEST(NodeTasksDue, WhatEndedWithinTheHourStaysWhateverTheNumber) {
  const auto just = ended_tasks({client("a", 1, 0.01), client("b", 1, 0.02), client("c", 1, 0.05)}, {});
  EXPECT_EQ(names(tasks_due({.ended_days = 0.001, .tasks_max = 1}, just, kNow)), (std::vector<std::string>{"c"}));
}

}  // namespace
}  // namespace pai::node
