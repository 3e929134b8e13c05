// What names a process beyond doubt, shown on lines of /proc and on ourselves.
#include "client/runtime/process_identity.h"

#include <unistd.h>

#include <gtest/gtest.h>

namespace pai::client {
namespace {

TEST(ProcessIdentity, TheStartTimeIsTheTwentySecondField) {
  EXPECT_EQ(start_time_of("7 (sh) S 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 12345 23 24"), 12345u);
}

TEST(ProcessIdentity, AProgramsNameMayHoldAnything) {
  EXPECT_EQ(start_time_of("7 (a) b) (c) S 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 99 23"), 99u);
}

TEST(ProcessIdentity, ALineThatEndsEarlyOrHoldsNoNumberHasNone) {
  EXPECT_FALSE(start_time_of(""));
  EXPECT_FALSE(start_time_of("7 (sh) S 4 5"));
  EXPECT_FALSE(start_time_of("7 (sh) S 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 x 23"));
}

TEST(ProcessIdentity, OurOwnIsTold) {
  const auto identity = own_process_identity();
  ASSERT_TRUE(identity.ok()) << identity.error().describe();
  EXPECT_EQ(identity->pid, ::getpid());
  EXPECT_EQ(identity->boot_id.size(), 36u);
  EXPECT_GT(identity->start_time, 0u);
}

}  // namespace
}  // namespace pai::client
