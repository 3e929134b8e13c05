// The pool that runs handlers: bounded, started when needed, stopped without losing what runs.

#include "common/http/workers.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>

namespace pai::http {
namespace {

TEST(Workers, RunAsManyAtOnceAsTheyAreThreads) {
  std::promise<void> all;
  std::atomic<int> inside = 0;
  std::promise<void> go;
  const auto may_go = go.get_future().share();
  Workers workers(3, 10);  // last: its destructor waits for those that use the rest
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(workers.submit([&] {
      if (++inside == 3) all.set_value();
      may_go.wait();
    }));
  }
  EXPECT_EQ(all.get_future().wait_for(std::chrono::seconds(20)), std::future_status::ready);
  go.set_value();
}

TEST(Workers, RefuseWhatCannotWait) {
  std::promise<void> started;
  std::promise<void> go;
  const auto may_go = go.get_future().share();
  std::atomic<int> done = 0;
  {
    Workers workers(1, 2);
    ASSERT_TRUE(workers.submit([&] {
      started.set_value();
      may_go.wait();
      ++done;
    }));
    started.get_future().wait();
    EXPECT_TRUE(workers.submit([&] { ++done; }));
    EXPECT_TRUE(workers.submit([&] { ++done; }));
    EXPECT_FALSE(workers.submit([&] { ++done; }));
    std::promise<void> last;
    go.set_value();
    while (!workers.submit([&] { last.set_value(); })) std::this_thread::yield();
    last.get_future().wait();
  }
  EXPECT_EQ(done, 3);
}

TEST(Workers, StopDropsWhatWaitsAndFinishesWhatRuns) {
  std::promise<void> started;
  std::promise<void> go;
  const auto may_go = go.get_future().share();
  std::atomic<bool> finished = false;
  Workers workers(1, 10);
  const auto token = std::make_shared<int>(0);
  const std::weak_ptr<int> watch = token;
  ASSERT_TRUE(workers.submit([&] {
    started.set_value();
    may_go.wait();
    finished = true;
  }));
  started.get_future().wait();
  ASSERT_TRUE(workers.submit([held = token] { (void)held; }));
  std::thread stopper([&] { workers.stop(); });
  go.set_value();
  stopper.join();
  EXPECT_TRUE(finished);
  EXPECT_EQ(watch.use_count(), 1) << "a dropped job must be let go";
  EXPECT_FALSE(workers.submit([] {}));
}

}  // namespace
}  // namespace pai::http
