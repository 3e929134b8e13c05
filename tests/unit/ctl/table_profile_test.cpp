// What `paictl data check` finds in a table.
#include "ctl/data/table_profile.h"

#include <gmock/gmock.h>

#include "support/temp_folder.h"

namespace pai::ctl::data {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

class Profile : public ::testing::Test {
 protected:
  Result<TableProfile> read(const std::string& text, const std::vector<std::string>& ids = {}) {
    test::write_text(folder_ / "t.csv", text);
    return profile_table((folder_ / "t.csv").string(), ids);
  }
  TableProfile of(const std::string& text, const std::vector<std::string>& ids = {}) {
    auto profile = read(text, ids);
    EXPECT_TRUE(profile.ok()) << profile.error().describe();
    return *std::move(profile);
  }

  test::TempFolder folder_;
};

TEST_F(Profile, CountsRowsAndSeesHowTheFileIsWritten) {
  const auto table = of("\xEF\xBB\xBFid,x\r\n\r\na,1\r\nb,\"2\"\n\nc,3\r\n");
  EXPECT_EQ(table.rows, 3U);
  EXPECT_TRUE(table.lines.has_byte_order_mark());
  EXPECT_TRUE(table.lines.has_quotes());
  EXPECT_EQ(table.lines.blank(), 2U);
  EXPECT_EQ(table.lines.carriage_returns(), 4U);
  EXPECT_EQ(table.lines.line_feeds(), 2U);
  EXPECT_THAT(table.id_columns, ElementsAre("id"));
  EXPECT_THAT(table.columns, ElementsAre("x"));
}

TEST_F(Profile, ALineFeedWithinQuotesEndsNoLine) {
  const auto table = of("id,x\na,\"1\n\n2\"\n");
  EXPECT_EQ(table.rows, 1U);
  EXPECT_EQ(table.lines.blank(), 0U);
}

TEST_F(Profile, KnowsNumbersFromTextAndEmptyCells) {
  const auto table = of("id,x\na,1\nb,-2.5e1\nc, 7 \nd,\ne,n/a\nf,inf\ng,\"+3\"\n");
  const auto& x = table.profiles.at(0);
  EXPECT_EQ(x.cells(), 7U);
  EXPECT_EQ(x.empty(), 1U);
  EXPECT_EQ(x.first_empty(), 5U);
  EXPECT_EQ(x.not_numbers(), 2U) << "n/a and inf";
  EXPECT_EQ(x.first_not_number(), 6U);
  EXPECT_EQ(x.smallest(), -25.0);
  EXPECT_EQ(x.largest(), 7.0);
}

TEST_F(Profile, LinesAreThoseOfTheFileWhateverStandsBetween) {
  const auto table = of("id,x,y\na,\"1\n1\",0\n\nb,2,z\nc,3,4\n");
  EXPECT_EQ(table.profiles.at(1).first_not_number(), 5U);
}

TEST_F(Profile, FindsConstantsAndClasses) {
  const auto table = of("id,c,y\na,5,0\nb,5,1\nc,5,1\n");
  EXPECT_TRUE(table.profiles.at(0).is_constant());
  EXPECT_FALSE(table.profiles.at(1).is_constant());
  ASSERT_NE(table.profiles.at(1).classes(), nullptr);
  EXPECT_THAT(*table.profiles.at(1).classes(), ElementsAre(Pair("0", 1U), Pair("1", 2U)));
}

TEST_F(Profile, ManyValuesAreNoClasses) {
  std::string text = "id,x\n";
  for (int i = 0; i < 40; ++i) text += std::to_string(i) + "," + std::to_string(i) + "\n";
  EXPECT_EQ(of(text).profiles.at(0).classes(), nullptr);
}

TEST_F(Profile, FindsEveryIdThatStoodBefore) {
  const auto table = of("id,x\na,1\nb,2\na,3\n\"a\",4\nb,5\n");
  EXPECT_EQ(table.duplicates, 3U) << "a quoted a is an a";
  ASSERT_EQ(table.examples.size(), 3U);
  EXPECT_EQ(table.examples[0].first, 2U);
  EXPECT_EQ(table.examples[0].again, 4U);
  EXPECT_EQ(table.examples[2].first, 3U);
  EXPECT_EQ(table.examples[2].again, 6U);
}

TEST_F(Profile, SeveralColumnsTogetherAreOneId) {
  const std::string text = "a,b,x\n1,12,0\n11,2,0\n1,12,1\n";
  EXPECT_EQ(of(text, {"a", "b"}).duplicates, 1U);
  EXPECT_THAT(of(text, {"b"}).columns, ElementsAre("a", "x"));
}

TEST_F(Profile, WhatAnAlignmentRefusesIsRefusedWithItsLine) {
  for (const std::string text : {"id,x\na,1\nb\n", "id,x\na,\"1\n", "id,x\n,1\n", "", "id,x\n"}) {
    const auto table = read(text);
    ASSERT_FALSE(table.ok()) << text;
    EXPECT_EQ(table.error().code(), ErrorCode::kInvalid) << text;
  }
  EXPECT_THAT(read("id,x\na,1\nb\n").error().describe(), HasSubstr("t.csv:3"));
  EXPECT_THAT(read("id,x\na,1\n", {"ID"}).error().describe(), HasSubstr("ID"));
  EXPECT_EQ(profile_table((folder_ / "none.csv").string(), {}).error().code(), ErrorCode::kNotFound);
}

}  // namespace
}  // namespace pai::ctl::data
