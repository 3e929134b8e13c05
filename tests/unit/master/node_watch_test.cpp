// What a node's /version says of its clock and certificate.
#include "master/node_watch.h"

#include <gtest/gtest.h>

namespace pai::master {
namespace {

TEST(NodeReading, ComparesTheClockWithTheMiddleOfTheCall) {
  const auto reading = reading_of({.outcome = NodeReply::Outcome::kOk, .document = {{"time", 107.0}, {"certificate_not_after", 9000}}}, 100, 110);
  EXPECT_TRUE(reading.reachable);
  EXPECT_DOUBLE_EQ(reading.clock_skew_s.value(), 2);
  EXPECT_DOUBLE_EQ(reading.certificate_not_after.value(), 9000);
}

TEST(NodeReading, OfANodeThatRefusesIsReachableWithoutFigures) {
  const auto reading = reading_of({.outcome = NodeReply::Outcome::kRefused}, 0, 0);
  EXPECT_TRUE(reading.reachable);
  EXPECT_FALSE(reading.clock_skew_s.has_value());
}

TEST(NodeReading, OfSilenceIsUnreachable) {
  EXPECT_FALSE(reading_of({.outcome = NodeReply::Outcome::kTimeout}, 0, 0).reachable);
}

TEST(NodeReading, TakesNoWordForANumber) {
  const auto reading = reading_of({.outcome = NodeReply::Outcome::kOk, .document = {{"time", "now"}, {"certificate_not_after", nullptr}}}, 0, 0);
  EXPECT_FALSE(reading.clock_skew_s.has_value());
  EXPECT_FALSE(reading.certificate_not_after.has_value());
}

}  // namespace
}  // namespace pai::master
