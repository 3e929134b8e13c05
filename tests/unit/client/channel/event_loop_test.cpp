// Who serves the transport's events. They are alarms here, set for the moment when the test wants one.
#include "client/channel/event_loop.h"

#include <atomic>
#include <future>
#include <list>

#include <grpcpp/alarm.h>
#include <grpcpp/completion_queue.h>
#include <gtest/gtest.h>

namespace pai::client {
namespace {

using Clock = EventLoop::Clock;
constexpr auto kSoon = std::chrono::seconds(20);

/// An event that says who served it.
class Rung final : public EventLoop::Event {
 public:
  explicit Rung(EventLoop& loop) : loop_(loop) {}

  void ring() {
    alarm_.Set(&loop_.queue(), gpr_now(GPR_CLOCK_MONOTONIC), tag());
  }
  void done(bool) override {
    const std::lock_guard lock(loop_.mutex());
    served_by_ = std::this_thread::get_id();
    loop_.changed(this);
  }
  /// False at the deadline.
  bool wait(Clock::time_point deadline = Clock::time_point::max()) {
    std::unique_lock lock(loop_.mutex());
    return loop_.wait(
        lock, this, [this] { return served_by_ != std::thread::id(); }, deadline);
  }
  std::thread::id served_by() {
    const std::lock_guard lock(loop_.mutex());
    return served_by_;
  }

 private:
  EventLoop& loop_;
  grpc::Alarm alarm_;
  std::thread::id served_by_;
};

class EventLoops : public testing::Test {
 protected:
  EventLoops() { loop_.adopt(std::make_unique<grpc::CompletionQueue>()); }

  /// A keeper like the channel's, until the end of the test.
  void keep() {
    keeper_ = std::thread([this] {
      while (loop_.keep(Clock::now() + kSoon, [this] { ++idle_; })) {
      }
    });
  }
  ~EventLoops() override {
    loop_.stop();
    if (keeper_.joinable()) keeper_.join();
    loop_.close();
  }

  EventLoop loop_;
  std::thread keeper_;
  std::atomic<int> idle_{0};
};

TEST_F(EventLoops, WhoWaitsServes) {
  Rung rung(loop_);
  rung.ring();
  EXPECT_TRUE(rung.wait());
  EXPECT_EQ(rung.served_by(), std::this_thread::get_id());
}

TEST_F(EventLoops, AWaitEndsAtItsDeadline) {
  Rung rung(loop_);
  EXPECT_FALSE(rung.wait(Clock::now()));
  EXPECT_FALSE(rung.wait(Clock::now() + std::chrono::milliseconds(1)));
}

TEST_F(EventLoops, ManyThatWaitAreAllServedWhateverTheOrder) {
  std::list<Rung> rungs;
  std::vector<std::future<bool>> waits;
  for (int i = 0; i < 8; ++i) {
    auto& rung = rungs.emplace_back(loop_);
    waits.push_back(std::async(std::launch::async, [&rung] { return rung.wait(); }));
  }
  for (auto it = rungs.rbegin(); it != rungs.rend(); ++it) it->ring();
  for (auto& wait : waits) EXPECT_TRUE(wait.get());
}

TEST_F(EventLoops, OneThatSleepsServesWhenTheOtherIsSatisfied) {
  Rung first(loop_);
  Rung second(loop_);
  auto other = std::async(std::launch::async, [&] {
    EXPECT_TRUE(first.wait());
    second.ring();
  });
  auto waiting = std::async(std::launch::async, [&] { return second.wait(); });
  first.ring();
  other.get();
  EXPECT_TRUE(waiting.get());
}

TEST_F(EventLoops, AChangeFromOutsideEndsAWaitWhoeverServes) {
  bool over = false;
  const auto wait = [&] {
    std::unique_lock lock(loop_.mutex());
    return loop_.wait(lock, &over, [&] { return over; });
  };
  auto first = std::async(std::launch::async, wait);
  auto second = std::async(std::launch::async, wait);
  {
    const std::lock_guard lock(loop_.mutex());
    over = true;
    loop_.changed(&over);
  }
  EXPECT_TRUE(first.get());
  EXPECT_TRUE(second.get());
}

TEST_F(EventLoops, WhileNobodyWaitsTheKeeperServes) {
  keep();
  Rung rung(loop_);
  rung.ring();
  const auto deadline = Clock::now() + kSoon;
  while (rung.served_by() == std::thread::id() && Clock::now() < deadline) std::this_thread::yield();
  EXPECT_EQ(rung.served_by(), keeper_.get_id());
}

TEST_F(EventLoops, AWaitThatLastsLeavesTheKeeperIdleOnceAndAgainWhenReminded) {
  keep();
  Rung rung(loop_);
  auto waiting = std::async(std::launch::async, [&] { return rung.wait(); });
  const auto idle_after = [&](int count, Clock::duration patience = kSoon) {
    const auto deadline = Clock::now() + patience;
    while (idle_ <= count && Clock::now() < deadline) std::this_thread::yield();
    return idle_ > count;
  };
  // The first event after it began to wait leaves the queue to the thread that waits.
  std::list<Rung> events;
  const auto deadline = Clock::now() + kSoon;
  do {
    events.emplace_back(loop_).ring();
  } while (!idle_after(0, std::chrono::milliseconds(50)) && Clock::now() < deadline);
  EXPECT_GT(idle_, 0);
  const int before = idle_;
  {
    const std::lock_guard lock(loop_.mutex());
    loop_.remind();
  }
  EXPECT_TRUE(idle_after(before));
  rung.ring();
  EXPECT_TRUE(waiting.get());
  for (auto& event : events) EXPECT_TRUE(event.wait(deadline));
}

TEST_F(EventLoops, MuchDataIsSaidToComeAfterTwoLargeMessages) {
  // Seen by who serves: a keeper stays at work beside a thread that waits, and hands over what came.
  keep();
  {
    const std::lock_guard lock(loop_.mutex());
    loop_.note_data(true);
    loop_.note_data(true);
  }
  Rung rung(loop_);
  auto waiting = std::async(std::launch::async, [&] { return rung.wait(); });
  rung.ring();
  EXPECT_TRUE(waiting.get());
}

TEST_F(EventLoops, CloseServesWhatIsLeft) {
  Rung rung(loop_);
  rung.ring();
  loop_.close();
  EXPECT_EQ(rung.served_by(), std::this_thread::get_id());
}

}  // namespace
}  // namespace pai::client
