// Numbers and IDs from a data set's files; each bad cell with its line and column, never its value.
#include "client/nn/data/read_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/client/nn/data/written_set.h"

namespace pai::client::nn {
namespace {

using test::WrittenSet;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

Result<NumericTable> read_train(const WrittenSet& written, const std::vector<std::uint32_t>& columns) {
  PAI_ASSIGN(const auto set, DataSet::open(written.root(), "credit"));
  return read_part(written.root(), set, Part::kTrain, columns);
}

/// A set of the usual three columns with this train.csv.
WrittenSet& with_train(WrittenSet& written, std::string train, std::size_t rows) {
  written.train = std::move(train);
  written.train_rows = rows;
  written.write();
  return written;
}

TEST(ReadTable, TakesTheColumnsInTheOrderAskedFor) {
  WrittenSet written;
  written.write();
  const auto table = read_train(written, {2, 0});
  ASSERT_TRUE(table.ok()) << table.error().describe();
  EXPECT_EQ(table->file, "credit/train.csv");
  EXPECT_THAT(table->columns, ElementsAre("X3", "X1"));
  EXPECT_EQ(table->rows, 2u);
  EXPECT_THAT(table->values, ElementsAre(3, 1, 6, 4));
  EXPECT_EQ(table->line_of(1), 2u);
  const auto set = DataSet::open(written.root(), "credit").value();
  EXPECT_THAT(read_part(written.root(), set, Part::kTest, {1})->values, ElementsAre(8));
}

TEST(ReadTable, TakesQuotesAndOddWritings) {
  WrittenSet written;
  with_train(written, "\"1\",\"a,\"\"b\", 3\r\n+4,\"x\ny\",1e2\n-.5,z,\"7\"", 3);
  const auto table = read_train(written, {0, 2});
  ASSERT_TRUE(table.ok()) << table.error().describe();
  EXPECT_THAT(table->values, ElementsAre(1, 3, 4, 100, -0.5, 7));
  EXPECT_EQ(table->line_of(0), 1u);
  EXPECT_EQ(table->line_of(1), 2u);
  EXPECT_EQ(table->line_of(2), 4u) << "the row before has two lines";
}

TEST(ReadTable, NamesLineAndColumnButNoValue) {
  const struct {
    const char* train;
    const char* message;
  } cases[] = {
      {"1,2,3\n4,5,secret\n", "'credit/train.csv' line 2, column 'X3': is not a number"},
      {"1,,3\n4,5,6\n", "line 1, column 'X2': is empty"},
      {"1,2,3\n,5,6\n", "line 2, column 'X1': is empty"},
      {"1,2,\n4,5,6\n", "line 1, column 'X3': is empty"},
      {"1,2,3\n4,nan,6\n", "line 2, column 'X2': is NaN"},
      {"1,2,3\n4,5,-inf\n", "line 2, column 'X3': is infinite"},
      {"1,2,3\n4,5,1e999\n", "line 2, column 'X3': is too large"},
      {"1,2,3\n\"4\",\"5\",\"secret\"\n", "line 2, column 'X3': is not a number"},
      {"1,2,3\n\n4,5,six\n", "line 3, column 'X3': is not a number"},
      {"1,2,3\n4,5\n", "line 2"},
  };
  for (const auto& c : cases) {
    WrittenSet written;
    const auto table = read_train(with_train(written, c.train, 2), {0, 1, 2});
    ASSERT_FALSE(table.ok()) << c.train;
    EXPECT_EQ(table.error().code(), ErrorCode::kInvalid);
    EXPECT_THAT(table.error().message(), HasSubstr(c.message));
    EXPECT_THAT(table.error().describe(), Not(HasSubstr("secret")));
    EXPECT_FALSE(table.error().hint().empty());
  }
}

TEST(ReadTable, LooksAtNoColumnThatIsNotAskedFor) {
  WrittenSet written;
  EXPECT_TRUE(read_train(with_train(written, "1,text,\n4,,nan\n", 2), {0}).ok());
}

TEST(ReadTable, AnEmptyCellOfASingleColumnIsABlankLine) {
  for (const char* train : {"1\n\n3\n", "\n2\n3\n", "1\n2\n\n"}) {
    WrittenSet written;
    written.columns = {"Y"};
    written.aligned = "ID,Y\na,1\nb,\nc,3\nd,4\n";
    written.test = "4\n";
    with_train(written, train, 3);
    const auto table = read_train(written, {0});
    ASSERT_FALSE(table.ok());
    const char* const line = train[0] == '\n' ? "line 1" : train[2] == '\n' ? "line 2" : "line 3";
    EXPECT_THAT(table.error().message(), HasSubstr(std::string(line) + ", column 'Y': is empty"));
  }
}

TEST(ReadTable, RefusesAnotherNumberOfRows) {
  WrittenSet more, fewer, absurd;
  EXPECT_THAT(read_train(with_train(more, "1,2,3\n4,5,6\n", 1), {0}).error().message(),
              HasSubstr("more rows"));
  EXPECT_THAT(read_train(with_train(fewer, "1,2,3\n4,5,6\n", 3), {0}).error().message(),
              HasSubstr("fewer rows"));
  const auto huge = read_train(with_train(absurd, "1,2,3\n4,5,6\n", std::size_t{1} << 62), {0});
  EXPECT_THAT(huge.error().message(), HasSubstr("fewer rows")) << "and no memory was asked for";
}

TEST(ReadTable, ReadsLongFilesAndTellsProgress) {
  std::string train;
  constexpr std::size_t kRows = 100'000;
  for (std::size_t i = 0; i < kRows; ++i)
    train += std::to_string(i) + "," + std::to_string(i % 97) + ".25,-" + std::to_string(i % 13) + "\n";
  WrittenSet written;
  with_train(written, train, kRows);
  const auto set = DataSet::open(written.root(), "credit").value();
  std::uint64_t rows = 0, bytes = 0;
  const auto table =
      read_part(written.root(), set, Part::kTrain, {0, 1, 2}, [&](std::uint64_t r, std::uint64_t b) {
        rows = r;
        bytes = b;
        return Status();
      });
  ASSERT_TRUE(table.ok()) << table.error().describe();
  EXPECT_EQ(rows, kRows);
  EXPECT_EQ(bytes, train.size());
  for (std::size_t i = 0; i < kRows; ++i) {
    ASSERT_EQ(table->at(i, 0), static_cast<double>(i));
    ASSERT_EQ(table->at(i, 1), static_cast<double>(i % 97) + 0.25);
    ASSERT_EQ(table->at(i, 2), -static_cast<double>(i % 13));
  }
  EXPECT_TRUE(table->line_breaks.empty());
  const auto stopped = read_part(written.root(), set, Part::kTrain, {0},
                                 [](auto, auto) -> Status { return Error(ErrorCode::kCancelled, "stop"); });
  EXPECT_EQ(stopped.error().code(), ErrorCode::kCancelled);
}

TEST(ReadTable, AFileThatChangesWhileItIsReadIsAnError) {
  WrittenSet written;
  std::string train;
  for (int i = 0; i < 200'000; ++i) train += "1,2,3\n";
  with_train(written, train, 200'000);
  const auto set = DataSet::open(written.root(), "credit").value();
  bool changed = false;
  const auto table = read_part(written.root(), set, Part::kTrain, {0}, [&](auto, auto) -> Status {
    if (!std::exchange(changed, true)) {
      // In place: another file under the name would leave the open one as it was.
      const std::string path = (written.root().path() / "credit/train.csv").string();
      std::FILE* const file = std::fopen(path.c_str(), "r+");
      std::fputs("9", file);
      std::fclose(file);
    }
    return {};
  });
  ASSERT_FALSE(table.ok());
  EXPECT_THAT(table.error().message(), HasSubstr("changed while it was read"));
  written.put("train.csv", "1,2,3\n");
  EXPECT_THAT(read_part(written.root(), set, Part::kTrain, {0}).error().message(), HasSubstr("changed"));
}

TEST(ReadTable, ATableWithoutColumnsCannotTrain) {
  WrittenSet written;
  written.write();
  EXPECT_THAT(read_train(written, {}).error().message(), HasSubstr("no columns"));
}

TEST(ReadAligned, GivesIdsAndNumbers) {
  WrittenSet written;
  written.aligned = "ID,X1,X2,X3\r\n007,1,2,3\r\n\"a,\"\"b\"\"\",4,5,6\r\n张,7,8,9\r\n";
  written.write();
  const auto set = DataSet::open(written.root(), "credit").value();
  const auto rows = read_aligned(written.root(), set, {2, 0});
  ASSERT_TRUE(rows.ok()) << rows.error().describe();
  ASSERT_EQ(rows->ids.rows(), 3u);
  EXPECT_EQ(rows->ids.at(0), "007");
  EXPECT_EQ(rows->ids.at(1), "a,\"b\"");
  EXPECT_EQ(rows->ids.at(2), "张");
  EXPECT_THAT(rows->values.values, ElementsAre(3, 1, 6, 4, 9, 7));
  EXPECT_EQ(rows->values.line_of(0), 2u);
}

TEST(ReadAligned, SeveralIdColumnsAndNoValues) {
  WrittenSet written;
  written.id_columns = {"bank", "no"};
  written.aligned = "bank,no,X1,X2,X3\nA,1,1,2,3\n\"B,C\",2,4,5,\nD,3,7,8,9\n";
  written.write();
  const auto set = DataSet::open(written.root(), "credit").value();
  const auto rows = read_aligned(written.root(), set, {});
  ASSERT_TRUE(rows.ok()) << rows.error().describe();
  EXPECT_THAT(rows->ids.names(), ElementsAre("bank", "no"));
  EXPECT_EQ(rows->ids.at(1, 0), "B,C");
  EXPECT_EQ(rows->ids.at(2, 1), "3");
  EXPECT_EQ(rows->values.rows, 3u);
  const auto refused = read_aligned(written.root(), set, {2});
  ASSERT_FALSE(refused.ok());
  EXPECT_THAT(refused.error().message(), HasSubstr("raw_aligned.csv' line 3, column 'X3': is empty"));
}

TEST(ReadAligned, RefusesAnotherHeader) {
  WrittenSet written;
  written.aligned = "ID,X1,X3,X2\na,1,2,3\nb,4,5,6\nc,7,8,9\n";
  written.write();
  const auto set = DataSet::open(written.root(), "credit").value();
  EXPECT_THAT(read_aligned(written.root(), set, {0}).error().message(), HasSubstr("another header"));
}

}  // namespace
}  // namespace pai::client::nn
