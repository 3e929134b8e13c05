// Who guesses tokens waits longer each time; who does not, and who calls from elsewhere, does not wait.
#include "common/access/guess_limiter.h"

#include <gtest/gtest.h>

namespace pai::access {
namespace {

TEST(GuessLimiter, LetsAFewThroughAndDoublesTheWaitFromThen) {
  GuessLimiter limiter;
  double now = 1'000;
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(limiter.wait("192.0.2.1", now), 0);
    limiter.wrong("192.0.2.1", now);
  }
  EXPECT_EQ(limiter.wait("192.0.2.1", now), 0);
  for (const double expected : {1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0}) {
    limiter.wrong("192.0.2.1", now);
    EXPECT_EQ(limiter.wait("192.0.2.1", now), expected);
    now += expected;
    EXPECT_EQ(limiter.wait("192.0.2.1", now), 0);
  }
  EXPECT_EQ(limiter.wait("192.0.2.2", now), 0) << "another address";
}

TEST(GuessLimiter, ForgivesWhoWasQuiet) {
  GuessLimiter limiter;
  for (int i = 0; i < 10; ++i) limiter.wrong("a", 0);
  limiter.wrong("a", 601 + 60);
  EXPECT_EQ(limiter.wait("a", 601 + 60), 0);
}

TEST(GuessLimiter, RemembersABoundedNumberOfAddresses) {
  GuessLimiter limiter({.addresses_max = 100});
  for (int i = 0; i < 10; ++i) limiter.wrong("busy", 0);
  for (int i = 0; i < 10'000; ++i) {
    limiter.wrong("other" + std::to_string(i), 1);
    if (i % 50 == 0) limiter.wrong("busy", 1);
  }
  EXPECT_EQ(limiter.size(), 100u);
  EXPECT_GT(limiter.wait("busy", 1), 0) << "the one that goes on is not forgotten";
  EXPECT_EQ(limiter.wait("other1", 1), 0);
}

TEST(Guesser, IsTheAddressWithoutThePortAndTheNetworkOfAnIpv6One) {
  EXPECT_EQ(guesser_of("192.0.2.7:4711"), "192.0.2.7");
  EXPECT_EQ(guesser_of("[2001:db8:1:2:3:4:5:6]:4711"), "2001:db8:1:2::");
  EXPECT_EQ(guesser_of("[2001:db8:1:2:ffff::1]:1"), guesser_of("[2001:db8:1:2::9]:2"));
  EXPECT_NE(guesser_of("[::ffff:192.0.2.1]:1"), guesser_of("[::ffff:192.0.2.2]:1"));
  EXPECT_EQ(guesser_of("unknown"), "unknown");
}

}  // namespace
}  // namespace pai::access
