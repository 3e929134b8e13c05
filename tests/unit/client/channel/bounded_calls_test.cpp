// Calls without a deadline of their own: late ones are cancelled, and only so many may be under way.
#include "client/channel/bounded_calls.h"

#include <gtest/gtest.h>

namespace pai::client {
namespace {

using namespace std::chrono_literals;
using Clock = BoundedCalls::Clock;

TEST(BoundedCalls, OnlyTheLateAreCancelled) {
  BoundedCalls calls(4);
  int early = 0;
  int late = 0;
  const auto first = calls.admit(1s, [&] { ++late; });
  const auto second = calls.admit(100s, [&] { ++early; });
  calls.cancel_late(Clock::now());
  EXPECT_EQ(late, 0);
  calls.cancel_late(Clock::now() + 2s);
  EXPECT_EQ(late, 1);
  EXPECT_EQ(early, 0);
}

TEST(BoundedCalls, ACallThatEndedIsNeverCancelled) {
  BoundedCalls calls(4);
  int cancelled = 0;
  { const auto ticket = calls.admit(0s, [&] { ++cancelled; }); }
  calls.cancel_late(Clock::now() + 1s);
  calls.close();
  EXPECT_EQ(cancelled, 0);
}

TEST(BoundedCalls, OnlySoManyAreAdmittedAndAnEndMakesRoom) {
  BoundedCalls calls(2);
  auto first = calls.admit(1s, [] {});
  const auto second = calls.admit(1s, [] {});
  EXPECT_TRUE(first && second);
  EXPECT_FALSE(calls.admit(1s, [] {}));
  first.reset();
  EXPECT_TRUE(calls.admit(1s, [] {}));
}

TEST(BoundedCalls, ClosingCancelsAllAndAdmitsNoMore) {
  BoundedCalls calls(2);
  int cancelled = 0;
  const auto ticket = calls.admit(100s, [&] { ++cancelled; });
  calls.close();
  EXPECT_EQ(cancelled, 1);
  EXPECT_FALSE(calls.admit(1s, [] {}));
}

}  // namespace
}  // namespace pai::client
