// Time left, on a clock that the test moves.
#include "client/runtime/rate.h"

#include <gtest/gtest.h>

namespace pai::client {
namespace {

using namespace std::chrono_literals;

TEST(Rate, ASteadyPaceGivesTheTimeLeft) {
  const Rate::Clock::time_point start{1000s};
  Rate rate(start);
  for (int second = 1; second <= 10; ++second) rate.sample(start + std::chrono::seconds(second), static_cast<std::uint64_t>(second) * 100);
  const auto left = rate.seconds_left(start + 10s, 1000, 3000);
  ASSERT_TRUE(left.has_value());
  EXPECT_NEAR(*left, 20, 0.01);
}

TEST(Rate, AChangeOfPaceIsFollowed) {
  const Rate::Clock::time_point start{1000s};
  Rate rate(start);
  std::uint64_t done = 0;
  for (int second = 1; second <= 60; ++second) rate.sample(start + std::chrono::seconds(second), done += second <= 30 ? 100 : 10);
  const auto left = rate.seconds_left(start + 60s, done, done + 100);
  ASSERT_TRUE(left.has_value());
  EXPECT_NEAR(*left, 10, 1);
}

TEST(Rate, NothingIsSaidTooEarlyOrWithoutATotalOrWhenDone) {
  const Rate::Clock::time_point start{1000s};
  Rate rate(start);
  rate.sample(start + 500ms, 100);
  EXPECT_FALSE(rate.seconds_left(start + 500ms, 100, 200));
  rate.sample(start + 2s, 400);
  EXPECT_FALSE(rate.seconds_left(start + 2s, 400, 0));
  EXPECT_FALSE(rate.seconds_left(start + 2s, 400, 400));
  EXPECT_TRUE(rate.seconds_left(start + 2s, 400, 500));
}

TEST(Rate, NothingIsSaidWhileNothingMoves) {
  const Rate::Clock::time_point start{1000s};
  Rate rate(start);
  rate.sample(start + 2s, 0);
  EXPECT_FALSE(rate.seconds_left(start + 2s, 0, 10));
}

}  // namespace
}  // namespace pai::client
