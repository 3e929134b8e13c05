// Grants as documents: every field's faults, path tricks among them, and the way there and back.
#include "node/policy/grant.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pai::node::policy {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

TEST(Grant, IsTheSameAfterARoundTrip) {
  const json full = {{"name", "credit-2026"}, {"initiator", "master.example"}, {"parties", {"shop", "10.0.0.9:8377", "[::1]:80"}},
                     {"raw", {"a.csv"}}, {"sha256", std::string(64, '0')}, {"columns", {"X1", "年龄"}}, {"id_columns", {"mail"}},
                     {"types", {"alignment_data"}}, {"roles", {"feature_client"}}, {"security", {"split"}}, {"reveals", {"gain"}}, {"psi", {"ecdh"}},
                     {"until", "2026-12-31T18:00:00Z"}, {"uses", 3}, {"min_intersection", 50}, {"rows_max", 1000}, {"approval", "manual"}};
  const auto grant = grant_from_json(full);
  ASSERT_TRUE(grant.ok()) << grant.error().describe();
  EXPECT_EQ(to_json(*grant), full);
  EXPECT_EQ(*grant_from_json(to_json(*grant)), *grant);
  const auto least = grant_from_json(json{{"initiator", "*"}});
  ASSERT_TRUE(least.ok());
  EXPECT_EQ(least->security, std::vector<std::string>{"full"}) << "nobody grants the weak levels by saying nothing";
  EXPECT_EQ(*grant_from_json(to_json(*least)), *least);
}

TEST(Grant, RefusesWhatItCantMean) {
  const std::vector<std::pair<json, const char*>> cases = {
      {{{"initiator", "127.0.0.1"}}, "is an address"},
      {{{"initiator", ""}}, "is empty"},
      {{{"initiator", "sha256:12"}}, "no fingerprint"},
      {{{"name", "../x"}}, "no name"},
      {{{"raw", "/etc/passwd"}}, "raw"},
      {{{"raw", "../raw/a.csv"}}, "raw"},
      {{{"raw", "a/../../b"}}, "raw"},
      {{{"raw", "a//b"}}, "raw"},
      {{{"raw", ""}}, "raw"},
      {{{"raw", json::array()}}, "empty list"},
      {{{"raw", "a/./b"}}, "raw"},
      {{{"raw", "a*.csv"}}, "stands alone"},
      {{{"raw", "*/a.csv"}}, "stands alone"},
      {{{"raw", "../*"}}, "raw"},
      {{{"raw", "/*"}}, "raw"},
      {{{"raw", std::string("a\0b", 3)}}, "raw"},
      {{{"raw", {"a.csv", "a.csv"}}}, "stands twice"},
      {{{"dataset", "../../x"}}, "dataset"},
      {{{"parties", "host:99999"}}, "ADDRESS:PORT"},
      {{{"parties", "ho st:80"}}, "ADDRESS:PORT"},
      {{{"raw", "a"}, {"sha256", "AB"}}, "64 digits"},
      {{{"raw", "*"}, {"sha256", std::string(64, '0')}}, "exactly one"},
      {{{"raw", {"a", "b"}}, {"sha256", std::string(64, '0')}}, "exactly one"},
      {{{"columns", {"X1"}}}, "without raw or dataset"},
      {{{"types", "alignment_dat"}}, "did you mean \"alignment_data\"?"},
      {{{"roles", "master"}}, "none of"},
      {{{"security", "none"}}, "none of full, split, relaxed"},
      {{{"reveals", "gains"}}, "none of gain, roc; did you mean"},
      {{{"psi", 3}}, "psi"},
      {{{"until", "tomorrow"}}, "no date"},
      {{{"until", "2026-02-30"}}, "no date"},
      {{{"until", "2026-12-31T25:00:00Z"}}, "no date"},
      {{{"uses", 0}}, "from 1"},
      {{{"uses", -1}}, "from 1"},
      {{{"uses", 1.5}}, "from 1"},
      {{{"uses", "3"}}, "from 1"},
      {{{"approval", "maybe"}}, "neither"},
      {{{"initator", "x"}}, "did you mean \"initiator\"?"},
  };
  for (const auto& [more, words] : cases) {
    json document = {{"name", "g"}, {"initiator", "m"}};
    document.update(more);
    const auto grant = grant_from_json(document);
    ASSERT_FALSE(grant.ok()) << more.dump();
    EXPECT_EQ(grant.error().code(), ErrorCode::kInvalid);
    EXPECT_THAT(grant.error().describe(), HasSubstr(words)) << more.dump();
  }
  EXPECT_FALSE(grant_from_json(json::array()).ok());
  EXPECT_FALSE(grant_from_json(json::object()).ok()) << "without an initiator";
}

TEST(Grant, TellsAllFaultsTogether) {
  const auto grant = grant_from_json(json{{"raw", "/x"}, {"uses", 0}, {"psi", "?"}});
  ASSERT_FALSE(grant.ok());
  EXPECT_EQ(grant.error().details().size(), 4u) << grant.error().describe();
}

TEST(Times, ADayLastsToItsEnd) {
  EXPECT_EQ(time_from_text("1970-01-01"), 86'400);
  EXPECT_EQ(time_from_text("2000-03-01T00:00:00Z"), 951'868'800);
  EXPECT_EQ(time_from_text("2000-02-29"), 951'868'800);
  for (const char* bad : {"", "2026-13-01", "2026-1-1", "2026-01-01T00:00:00", "2026-01-01T00:00:60Z", "1969-12-31"})
    EXPECT_EQ(time_from_text(bad), std::nullopt) << bad;
}

TEST(Patterns, ReachNoFurtherThanTheySay) {
  EXPECT_TRUE(covers({"*"}, "a/b.csv"));
  EXPECT_TRUE(covers({"a/*"}, "a/b/c.csv"));
  EXPECT_FALSE(covers({"a/*"}, "ab/c.csv"));
  EXPECT_FALSE(covers({"a/*"}, "a"));
  EXPECT_FALSE(covers({"a"}, "a/b"));
  EXPECT_FALSE(covers({}, "a"));
}

}  // namespace
}  // namespace pai::node::policy
