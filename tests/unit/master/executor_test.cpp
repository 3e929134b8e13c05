// Posted work runs once, in order of its time; stopping waits for what runs and drops the rest.

#include "master/executor.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>

namespace pai::master {
namespace {

TEST(Executor, RunsEverythingThatWasPosted) {
  std::atomic<int> ran = 0;
  std::promise<void> all;
  Executor executor(4);
  for (int i = 0; i < 100; ++i) {
    executor.post([&] {
      if (++ran == 100) all.set_value();
    });
  }
  ASSERT_EQ(all.get_future().wait_for(std::chrono::seconds(10)), std::future_status::ready);
}

TEST(Executor, WorkHasTheTraceOfWhoPostedIt) {
  std::promise<log::Trace> traced, untraced;
  const auto trace = log::new_trace();
  Executor executor(1);
  {
    const log::TraceScope scope(trace);
    executor.post_after(std::chrono::milliseconds(5), [&] { traced.set_value(log::current_trace()); });
  }
  EXPECT_EQ(traced.get_future().get(), trace);
  executor.post([&] { untraced.set_value(log::current_trace()); });
  EXPECT_TRUE(untraced.get_future().get().empty());
}

TEST(Executor, WhatIsDueLaterRunsLater) {
  std::promise<int> first, second;
  std::atomic<int> order = 0;
  Executor executor(1);
  executor.post_after(std::chrono::milliseconds(30), [&] { second.set_value(++order); });
  executor.post([&] { first.set_value(++order); });
  EXPECT_EQ(first.get_future().get(), 1);
  EXPECT_EQ(second.get_future().get(), 2);
}

TEST(Executor, StopWaitsForWhatRunsAndDropsTheRest) {
  std::promise<void> entered, leave;
  std::atomic<bool> finished = false;
  std::atomic<bool> later = false;
  Executor executor(1);
  executor.post([&] {
    entered.set_value();
    leave.get_future().wait();
    finished = true;
  });
  executor.post_after(std::chrono::hours(1), [&] { later = true; });
  entered.get_future().wait();
  leave.set_value();
  executor.stop();
  EXPECT_TRUE(finished);
  EXPECT_FALSE(later);
  executor.post([&] { later = true; });
  EXPECT_FALSE(later);
}

}  // namespace
}  // namespace pai::master
