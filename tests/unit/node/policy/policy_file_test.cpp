// Policy files: what an owner writes, and every fault with its line.
#include "node/policy/policy_file.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pai::node::policy {
namespace {

using ::testing::HasSubstr;

TEST(PolicyFile, ReadsGrants) {
  const auto grants = read_policy("p.toml", R"(
# The bank's rules.
[[grants]]
name = "credit"
initiator = "master.example"
raw = ["credit/loans.csv", "credit/cards.csv"]
columns = ["age", "income"]
until = 2026-12-31
approval = "manual"

[[grants]]
name = "dealer"
initiator = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
until = 2026-12-31T18:00:00Z
)");
  ASSERT_TRUE(grants.ok()) << grants.error().describe();
  ASSERT_EQ(grants->size(), 2u);
  EXPECT_EQ((*grants)[0].until, time_from_text("2026-12-31"));
  EXPECT_EQ((*grants)[1].until, time_from_text("2026-12-31T18:00:00Z"));
  EXPECT_TRUE((*grants)[0].manual);
  EXPECT_FALSE((*grants)[1].has_data());
}

TEST(PolicyFile, AnEmptyOneGrantsNothing) {
  const auto grants = read_policy("p.toml", "");
  ASSERT_TRUE(grants.ok());
  EXPECT_TRUE(grants->empty());
}

TEST(PolicyFile, ReportsEveryFaultWithItsLine) {
  const auto grants = read_policy("p.toml", R"(grant = 1
[[grants]]
name = "a"
initiator = "m"
raw = "../x"
uses = 0

[[grants]]
name = "a"
initator = "m"

[[grants]]
initiator = "m"
)");
  ASSERT_FALSE(grants.ok());
  const std::string all = grants.error().describe();
  for (const char* expected : {"p.toml:1", "unknown setting \"grant\"", "p.toml:5", "raw: ", "p.toml:6", "uses: ", "p.toml:8",
                               "is taken by the grant of line 2", "p.toml:10", "did you mean \"initiator\"?", "initiator: is missing",
                               "p.toml:12", "name: is missing"})
    EXPECT_THAT(all, HasSubstr(expected));
}

TEST(PolicyFile, RefusesWhatIsNoPolicy) {
  for (const char* text : {"grants = 3", "grants = [1, 2]", "[grants]\nname = \"x\"", "[[grants]\n", "[[grants]]\nraw = [[\"a\"]]\nname=\"a\"\ninitiator=\"m\"",
                           "[[grants]]\nname = \"a\"\ninitiator = \"m\"\nuntil = 12:00:00"}) {
    const auto grants = read_policy("p.toml", text);
    ASSERT_FALSE(grants.ok()) << text;
    EXPECT_FALSE(grants.error().details().empty()) << text;
  }
  std::string endless = "a";
  for (int i = 0; i < 100'000; ++i) endless += ".a";
  EXPECT_FALSE(read_policy("p.toml", endless + " = 1").ok());
}

}  // namespace
}  // namespace pai::node::policy
