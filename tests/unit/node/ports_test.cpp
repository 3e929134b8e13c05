// Computation ports: one client at a time, and not one that somebody else listens on.
#include "node/ports.h"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace pai::node
