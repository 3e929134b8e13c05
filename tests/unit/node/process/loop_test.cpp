// The loop: timers in order, descriptors, cancelling, and stopping while something is due.
#include "node/process/loop.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <future>

namespace pai::node::process {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// A loop is stopped before what its callbacks use goes: a promise is in use a moment longer than its future shows.
template <class T>
bool comes(std::future<T>& future) {
  return future.wait_for(seconds(20)) == std::future_status::ready;
}

TEST(Loop, TimersRunInOrderOfTheirTime) {
  const auto loop = std::move(Loop::make()).value();
  std::vector<int> order;
  std::promise<void> last;
  auto done = last.get_future();
  loop->after(milliseconds(30), [&] {
    order.push_back(3);
    last.set_value();
  });
  loop->after(milliseconds(1), [&] { order.push_back(1); });
  loop->after(milliseconds(15), [&] { order.push_back(2); });
  ASSERT_TRUE(comes(done));
  loop->stop();
  EXPECT_EQ(order, (std::vector<int>{1, 2, 3}));
}

TEST(Loop, CancelledCallbacksDoNotRun) {
  const auto loop = std::move(Loop::make()).value();
  bool ran = false;
  const auto token = loop->after(milliseconds(1), [] {});
  const auto cancelled = loop->after(milliseconds(5), [&] { ran = true; });
  loop->cancel(cancelled);
  loop->cancel(cancelled);
  loop->cancel(token + 1000);
  std::promise<void> later;
  auto done = later.get_future();
  loop->after(milliseconds(20), [&] { later.set_value(); });
  ASSERT_TRUE(comes(done));
  loop->stop();
  EXPECT_FALSE(ran);
}

TEST(Loop, ReadableDescriptorCallsBackAndMayCancelItself) {
  const auto loop = std::move(Loop::make()).value();
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  std::promise<char> got;
  auto done = got.get_future();
  Loop::Token token = 0;
  std::mutex mutex;
  const std::unique_lock lock(mutex);
  const auto watched = loop->on_readable(ends[0], [&] {
    char byte = 0;
    (void)!::read(ends[0], &byte, 1);
    loop->cancel(token);
    got.set_value(byte);
  });
  ASSERT_TRUE(watched.ok());
  token = *watched;
  ASSERT_EQ(::write(ends[1], "x", 1), 1);
  ASSERT_TRUE(comes(done));
  loop->stop();
  EXPECT_EQ(done.get(), 'x');
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST(Loop, StopDropsWhatIsLeft) {
  const auto loop = std::move(Loop::make()).value();
  bool ran = false;
  loop->after(seconds(3600), [&] { ran = true; });
  loop->stop();
  loop->after(milliseconds(0), [&] { ran = true; });
  loop->stop();
  EXPECT_FALSE(ran);
}

TEST(Loop, HangingCallbackIsNoticed) {
  const auto loop = std::move(Loop::make()).value();
  std::promise<void> release, entered;
  auto hold = release.get_future();
  auto inside = entered.get_future();
  loop->after(milliseconds(0), [&] {
    entered.set_value();
    hold.wait();
  });
  ASSERT_TRUE(comes(inside));
  EXPECT_TRUE(loop->responsive(milliseconds(0)));  // the question is put
  EXPECT_FALSE(loop->responsive(milliseconds(0)));
  release.set_value();
  loop->stop();
}

}  // namespace
}  // namespace pai::node::process
