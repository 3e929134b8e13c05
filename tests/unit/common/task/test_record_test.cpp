// record.csv: what is written is what is read, a growing file is read up to its last whole line, and damage
// is named.
#include "common/task/test_record.h"

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pai::task {
namespace {

using ::testing::HasSubstr;

const std::string kHeader = "time,n_batches,loss,auc,ks\n";

TEST(TestRecords, SurviveTheRoundTrip) {
  TestRecord record;
  record.columns = record_columns({"auc", "ks"});
  record.rows = {{0.125, 0, 0.6931471805599453, 0.5, 0}, {12.3456789, 100000, 1e-300, 0.7231, -0.25}};
  std::string text = record_header(record.columns);
  for (const auto& row : record.rows) text += record_line(row);
  const auto read = record_from_csv(text);
  ASSERT_TRUE(read.ok()) << read.error().describe();
  EXPECT_EQ(*read, record);
}

TEST(TestRecords, WriteCountsAsCountsAndWhatIsMissingAsNan) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(record_line(std::vector<double>{1.5, 100000, 0.25, nan}), "1.5,100000,0.25,nan\n");
  const auto row = parse_record_line("1.5,100000,0.25,nan", 4);
  ASSERT_TRUE(row.ok());
  EXPECT_TRUE(std::isnan(row->back()));
}

TEST(TestRecords, AreReadWhileTheyGrow) {
  for (const std::string tail : {"", "3", "3,4,0.5,0.7", "3,4,0.5,0.7,0.2"}) {
    const auto read = record_from_csv(kHeader + "1,2,0.5,0.7,0.2\n" + tail);
    ASSERT_TRUE(read.ok()) << read.error().describe();
    EXPECT_EQ(read->rows.size(), 1u) << tail;
  }
  EXPECT_TRUE(record_from_csv("")->columns.empty());
  EXPECT_TRUE(record_from_csv("time,n_ba")->columns.empty());
}

TEST(TestRecords, NameTheDamagedLine) {
  const auto said = [](const std::string& text) { return record_from_csv(text).error().message(); };
  EXPECT_THAT(said("a,b\n"), HasSubstr("not the header of a test record"));
  EXPECT_THAT(said("time,n_batches,loss,a\"c\n"), HasSubstr("not the header"));
  EXPECT_THAT(said("time,n_batches,loss,\n"), HasSubstr("not the header"));
  EXPECT_THAT(said(kHeader + "1,2,3\n"),
              HasSubstr("line 2 of the test record: \"1,2,3\" is not a row of 5 numbers"));
  EXPECT_THAT(said(kHeader + "1,2,3,4,5\n1,2,3,4,5x\n"), HasSubstr("line 3"));
  EXPECT_THAT(said(kHeader + "1,2,3,4,\n"), HasSubstr("line 2"));
  EXPECT_THAT(said(kHeader + "1,2,3,4,5," + std::string(5000, '0') + "\n"), HasSubstr("line 2"));
}

TEST(TestRecords, AreJsonNumbersAndNulls) {
  const std::vector<double> row = {1.5, 100000, std::numeric_limits<double>::infinity()};
  EXPECT_EQ(row_to_json(row).dump(), "[1.5,100000,null]");
  const auto read = row_from_json(nlohmann::json::parse("[1.5, 7, null]"));
  ASSERT_TRUE(read.ok());
  EXPECT_EQ((*read)[1], 7);
  EXPECT_TRUE(std::isnan((*read)[2]));
  for (const char* bad : {"7", "[\"a\"]", "[[1]]", "{}"})
    EXPECT_FALSE(row_from_json(nlohmann::json::parse(bad)).ok()) << bad;
}

}  // namespace
}  // namespace pai::task
