// W3C traceparent: what is believed of outside input, and whose trace a line has.
#include "common/log/trace.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace pai::log {
namespace {

const std::string kId = "0af7651916cd43dd8448eb211c80319c";
const std::string kParent = "b7ad6b7169203331";
const std::string kGood = "00-" + kId + "-" + kParent + "-01";

TEST(Traceparent, IsReadAndWritten) {
  const auto trace = parse_traceparent(kGood);
  ASSERT_TRUE(trace.has_value());
  EXPECT_EQ(trace->id_text(), kId);
  EXPECT_TRUE(trace->sampled);
  EXPECT_EQ(traceparent(*trace), kGood);
  const auto unsampled = parse_traceparent("00-" + kId + "-" + kParent + "-00");
  ASSERT_TRUE(unsampled.has_value());
  EXPECT_FALSE(unsampled->sampled);
  EXPECT_EQ(traceparent({}), "");
  EXPECT_EQ(Trace().id_text(), "");
}

TEST(Traceparent, OfALaterVersionTheKnownPartCountsAndFlagsThatNobodyKnowsGoNoFurther) {
  const auto later = parse_traceparent("cc-" + kId + "-" + kParent + "-ff-what the future brings");
  ASSERT_TRUE(later.has_value());
  EXPECT_EQ(traceparent(*later), kGood);
}

TEST(Traceparent, HostileInputIsNoTrace) {
  const std::string ids = kId + "-" + kParent;
  const std::vector<std::string> all = {
      "", "00", kGood.substr(0, 54), kGood + "x", kGood + "-more", kGood + " ", " " + kGood,
      "ff-" + ids + "-01",                                            // the version that the specification forbids
      "0g-" + ids + "-01",
      "00-" + std::string(32, '0') + "-" + kParent + "-01",           // no trace
      "00-" + kId + "-" + std::string(16, '0') + "-01",               // no parent
      "00-" + std::string(32, 'A') + "-" + kParent + "-01",           // upper case
      "00_" + ids + "-01", "00-" + ids + "-0g", "00-" + ids + "_01", "cc-" + ids + "-01x",
      kGood + ", " + kGood,                                           // the header stood twice
      std::string(55, '-'), std::string(10'000, 'a'),
      "00-" + kId.substr(1) + "\n-" + kParent + "-01",
      "00-" + kId.substr(2) + "\xC3\xA9-" + kParent + "-01",
      std::string("00-") + std::string(32, '\0') + "-" + kParent + "-01"};
  for (const auto& bad : all) EXPECT_FALSE(parse_traceparent(bad).has_value()) << bad;
}

TEST(Traceparent, ANewOneIsValidAndItsOwn) {
  const auto one = new_trace();
  EXPECT_EQ(parse_traceparent(traceparent(one)), one);
  EXPECT_NE(one.id, new_trace().id);
  const auto next = next_step(one);
  EXPECT_EQ(next.id, one.id);
  EXPECT_NE(next.parent, one.parent);
  EXPECT_TRUE(next_step({}).empty());
}

TEST(TraceScope, IsTheThreadsOwnAndEndsWithIt) {
  EXPECT_TRUE(current_trace().empty());
  const auto outer = new_trace();
  {
    const TraceScope scope(outer);
    EXPECT_EQ(current_trace(), outer);
    {
      const TraceScope none{Trace{}};
      EXPECT_TRUE(current_trace().empty());
    }
    EXPECT_EQ(current_trace(), outer);
    std::thread([] { EXPECT_TRUE(current_trace().empty()); }).join();
  }
  EXPECT_TRUE(current_trace().empty());
}

TEST(TraceScope, TheProcesssTraceIsOfAllThreadsWithoutOne) {
  const auto whole = new_trace();
  set_process_trace(whole);
  std::thread([&] { EXPECT_EQ(current_trace(), whole); }).join();
  {
    const TraceScope none{Trace{}};
    EXPECT_TRUE(current_trace().empty());
  }
  EXPECT_EQ(current_trace(), whole);
  set_process_trace({});
}

}  // namespace
}  // namespace pai::log
