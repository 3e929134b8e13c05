// Computation ports: one client at a time, and not one that somebody else listens on.
#include "node/ports.h"

#include <gtest/gtest.h>

#include <set>

#include "support/process.h"

namespace pai::node {
namespace {

TEST(Ports, AreHeldUntilReleased) {
  Ports ports("127.0.0.1");
  const auto port = static_cast<std::uint16_t>(test::free_port());
  const ClientKey one{"one", 1}, two{"two", 2};
  EXPECT_TRUE(ports.claim(port, one).ok());
  EXPECT_TRUE(ports.claim(port, one).ok());
  const Status refused = ports.claim(port, two);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), ErrorCode::kConflict);
  EXPECT_NE(refused.error().message().find("task 'one' client 1"), std::string::npos);
  ports.release(port, two);
  EXPECT_FALSE(ports.check(port, two).ok());
  ports.release(port, one);
  EXPECT_TRUE(ports.check(port, two).ok());
}

TEST(Ports, AddressThatIsNotOursIsAnError) {
  Ports ports("203.0.113.7");
  EXPECT_FALSE(ports.check(static_cast<std::uint16_t>(test::free_port()), {"t", 1}).ok());
  Ports odd("no such host.");
  EXPECT_EQ(odd.check(1234, {"t", 1}).error().code(), ErrorCode::kInvalid);
}

TEST(AssignedPorts, AreNeverAssignedTwiceAndComeBackWhenTheirTimeIsOver) {
  Ports ports("127.0.0.1");
  const auto base = static_cast<std::uint16_t>(test::free_port());
  const PortRange range{base, static_cast<std::uint16_t>(base + 2)};
  std::set<std::uint16_t> got;
  const auto assign = [&](const char* task, const char* attempt, double now, const std::set<std::uint16_t>& in_use = {}, const std::set<std::uint16_t>& avoid = {}) {
    return ports.assign(range, "master", {task, 1}, attempt, in_use, avoid, now, 60, false);
  };
  const auto a = assign("a", "1", 0);
  ASSERT_TRUE(a.ok());
  EXPECT_EQ(assign("a", "1", 1).value(), *a) << "the same attempt asks again";
  const auto b = assign("b", "2", 1);
  ASSERT_TRUE(b.ok());
  EXPECT_NE(*a, *b);
  const auto last = static_cast<std::uint16_t>(3 * base + 3 - *a - *b);
  EXPECT_EQ(assign("c", "3", 1, {last}).error().code(), ErrorCode::kConflict);
  EXPECT_FALSE(assign("c", "3", 1, {}, {last}).ok());
  EXPECT_EQ(ports.assign(range, "master", {"c", 1}, "3", {}, {}, 1, 60, true).value(), last);
  EXPECT_EQ(assign("c", "3", 1).value(), last) << "a look holds nothing";
  EXPECT_FALSE(assign("d", "4", 1).ok());
  EXPECT_TRUE(assign("d", "4", 62).ok()) << "a preparation that did not come";
  ASSERT_TRUE(ports.claim(last, {"running", 0}).ok());
  for (int i = 0; i < 2; ++i) (void)assign(i == 0 ? "e" : "f", "5", 200);
  EXPECT_FALSE(assign("g", "6", 200).ok()) << "a running client's";
}

TEST(AssignedPorts, OfOneMasterAreBounded) {
  Ports ports("127.0.0.1");
  const PortRange range{20'000, 20'400};
  const auto assign = [&](const char* master, int task, double now) {
    return ports.assign(range, master, {"t" + std::to_string(task), 1}, "a", {}, {}, now, 60, false);
  };
  for (int task = 0; task < Ports::kAssignedMax; ++task) ASSERT_TRUE(assign("greedy", task, 0).ok()) << task;
  EXPECT_EQ(assign("greedy", 1'000, 1).error().code(), ErrorCode::kBusy);
  EXPECT_TRUE(assign("greedy", 5, 1).ok()) << "one that it holds";
  EXPECT_TRUE(assign("modest", 0, 1).ok()) << "the others' are theirs";
  EXPECT_TRUE(assign("greedy", 1'000, 120).ok()) << "what was not used came back";
}

}  // namespace
}  // namespace pai::node
