// One form for each address, and nothing for what only looks like one.
#include "common/base/ip_address.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

namespace pai {
namespace {

TEST(CanonicalIp, HasOneFormForEachAddress) {
  EXPECT_EQ(canonical_ip("10.0.0.5"), "10.0.0.5");
  for (const auto* text : {"::1", "0:0::1", "0000:0:0:0:0:0:0:0001"}) EXPECT_EQ(canonical_ip(text), "::1") << text;
  EXPECT_EQ(canonical_ip("FE80::A"), "fe80::a");
}

TEST(CanonicalIp, IsNothingForAnythingElse) {
  for (const auto* text : {"", "localhost", "10.0.0", "10.0.0.256", "10.0.0.5 ", "[::1]", "::1%lo", "010.0.0.5"}) {
    EXPECT_EQ(canonical_ip(text), std::nullopt) << text;
  }
  EXPECT_EQ(canonical_ip(std::string("10.0.0.5\0.evil", 14)), std::nullopt) << "a NUL hides nothing";
  EXPECT_EQ(canonical_ip(AF_INET, "::1"), std::nullopt);
  EXPECT_EQ(canonical_ip(AF_INET6, "10.0.0.5"), std::nullopt);
}

}  // namespace
}  // namespace pai
