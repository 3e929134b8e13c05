// A client's record.csv as its node tells it: from a row on, in parts, up to the last whole line.
#include "node/training_record.h"

#include <filesystem>
#include <string>

#include <gtest/gtest.h>

#include "support/temp_folder.h"

namespace pai::node {
namespace {

class TrainingRecordTest : public ::testing::Test {
 protected:
  TrainingRecordTest() : tasks_(*io::Root::open(folder_.path(), false)) {
    std::filesystem::create_directories(folder_ / "t-3");
  }
  void write(const std::string& text) { test::write_text(folder_ / "t-3/record.csv", text); }
  RecordPart read(std::uint64_t from = 0) {
    auto part = read_record(tasks_, {"t", 3}, from);
    EXPECT_TRUE(part.ok());
    return part.ok() ? *part : RecordPart();
  }

  test::TempFolder folder_;
  io::Root tasks_;
};

TEST_F(TrainingRecordTest, IsEmptyWithoutAFileOrARow) {
  EXPECT_TRUE(read().columns.empty());
  write("");
  EXPECT_EQ(read().total, 0u);
  write("time,n_batches,loss\n");
  EXPECT_EQ(read().columns.size(), 3u);
  EXPECT_EQ(read().total, 0u);
  write("something else\n1,2,3\n");
  EXPECT_EQ(read().total, 0u);
}

TEST_F(TrainingRecordTest, IsToldFromARowOn) {
  write("time,n_batches,loss\n1,10,0.5\n2,20,0.25\n3,30,0.125\n4,40");
  const auto whole = read();
  EXPECT_EQ(whole.first, 0u);
  EXPECT_EQ(whole.total, 3u);
  ASSERT_EQ(whole.rows.size(), 3u);
  EXPECT_EQ(whole.rows[1], (std::vector<double>{2, 20, 0.25}));
  const auto end = read(2);
  EXPECT_EQ(end.first, 2u);
  ASSERT_EQ(end.rows.size(), 1u);
  EXPECT_EQ(end.rows[0][1], 30);
  EXPECT_TRUE(read(3).rows.empty());
  EXPECT_TRUE(read(99).rows.empty());
  EXPECT_EQ(read(99).total, 3u);
}

TEST_F(TrainingRecordTest, EndsAtADamagedLine) {
  write("time,n_batches,loss\n1,10,0.5\nodd\n3,30,0.125\n");
  EXPECT_EQ(read().rows.size(), 1u);
}

TEST_F(TrainingRecordTest, ThatIsLongComesInPartsAndWithoutItsOldestRows) {
  std::string text = "time,n_batches,loss\n";
  for (int i = 0; i < 100'050; ++i) text += "0," + std::to_string(i) + ",0\n";
  write(text);
  std::uint64_t next = 0;
  int parts = 0;
  for (auto part = read(); !part.rows.empty(); part = read(next), ++parts) {
    if (parts == 0) {
      EXPECT_EQ(part.first, 50u);
      EXPECT_EQ(part.rows.front()[1], 50);
    }
    EXPECT_EQ(part.total, 100'050u);
    EXPECT_LE(part.rows.size(), kRecordPartRowsMax);
    next = part.first + part.rows.size();
  }
  EXPECT_EQ(next, 100'050u);
  EXPECT_EQ(parts, 5);
}

}  // namespace
}  // namespace pai::node
