// What is a data set and what is not, and which columns a party means.
#include "client/nn/data/data_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/client/nn/data/written_set.h"

namespace pai::client::nn {
namespace {

using test::WrittenSet;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Column = csv::ColumnRequest::Column;

TEST(DataSet, OpensWhatAnAlignmentWrote) {
  WrittenSet written;
  written.write();
  const auto set = DataSet::open(written.root(), "credit");
  ASSERT_TRUE(set.ok()) << set.error().describe();
  EXPECT_EQ(set->task(), "align");
  EXPECT_EQ(set->alignment_id(), "abc");
  EXPECT_THAT(set->columns(), ElementsAre("X1", "X2", "X3"));
  EXPECT_THAT(set->id_columns(), ElementsAre("ID"));
  EXPECT_EQ(set->train_rows(), 2u);
  EXPECT_EQ(set->rows(), 3u);
  EXPECT_EQ(set->train_file(), "credit/train.csv");
  EXPECT_EQ(set->aligned_file(), "credit/raw_aligned.csv");
  EXPECT_EQ(set->bytes_of("test.csv"), 6u);
}

TEST(DataSet, SaysWhatIsNoDataSet) {
  WrittenSet written;
  EXPECT_EQ(DataSet::open(written.root(), "other").error().code(), ErrorCode::kNotFound);
  EXPECT_THAT(DataSet::open(written.root(), "credit").error().message(), HasSubstr("it has no dataset.json"));
  written.put("file", "x");
  EXPECT_FALSE(DataSet::open(written.root(), "credit/file").ok());
  written.write();
  for (const char* text : {"", "[]", "{}", R"({"format":2})", R"({"format":1,"task":"t"})"}) {
    written.put("dataset.json", text);
    const auto opened = DataSet::open(written.root(), "credit");
    ASSERT_FALSE(opened.ok()) << text;
    EXPECT_THAT(opened.error().message(), HasSubstr("'credit' is no data set"));
    EXPECT_THAT(opened.error().hint(), HasSubstr("alignment"));
  }
}

TEST(DataSet, RefusesEachMissingOrWrongEntry) {
  WrittenSet written;
  written.write();
  for (const char* key : {"format", "task", "alignment_id", "columns", "id_columns", "rows", "files"}) {
    auto document = written.description();
    document.erase(key);
    written.put("dataset.json", document.dump());
    const auto opened = DataSet::open(written.root(), "credit");
    ASSERT_FALSE(opened.ok()) << key;
    EXPECT_THAT(opened.error().message(), HasSubstr(key));
    document[key] = true;
    written.put("dataset.json", document.dump());
    EXPECT_FALSE(DataSet::open(written.root(), "credit").ok()) << key;
  }
}

TEST(DataSet, RefusesFilesOfAnotherSize) {
  WrittenSet written;
  written.write();
  written.put("test.csv", "7,8,9\n1,2,3\n");
  const auto changed = DataSet::open(written.root(), "credit");
  ASSERT_FALSE(changed.ok());
  EXPECT_THAT(changed.error().message(), HasSubstr("'credit/test.csv' has 12 bytes; its alignment wrote 6"));
  (void)written.root().remove_tree("credit/test.csv");
  EXPECT_THAT(DataSet::open(written.root(), "credit").error().message(), HasSubstr("credit/test.csv"));
}

TEST(DataSet, SelectsByNameAndPosition) {
  WrittenSet written;
  written.write();
  const auto set = DataSet::open(written.root(), "credit").value();
  EXPECT_THAT(*set.select_columns(std::nullopt), ElementsAre(0, 1, 2));
  EXPECT_THAT(*set.select_columns({{Column("X3"), Column(std::uint64_t{0})}}), ElementsAre(2, 0));
  EXPECT_THAT(set.names_of({2, 0}), ElementsAre("X3", "X1"));
  EXPECT_THAT(*set.select_columns(std::vector<Column>{}), ElementsAre());
}

TEST(DataSet, SaysWhichColumnsAreThere) {
  WrittenSet written;
  written.columns = {"income", "age", "limit"};
  written.write();
  const auto set = DataSet::open(written.root(), "credit").value();
  const auto refused = set.select_columns(
      {{Column("incme"), Column(std::uint64_t{3}), Column("age"), Column(std::uint64_t{1})}});
  ASSERT_FALSE(refused.ok());
  ASSERT_EQ(refused.error().details().size(), 3u);
  EXPECT_THAT(refused.error().message(), HasSubstr("did you mean 'income'?"));
  EXPECT_THAT(refused.error().details()[1].message,
              HasSubstr("column 3 is not there: the data set has 3 columns"));
  EXPECT_THAT(refused.error().details()[2].message, HasSubstr("asked for twice"));
  EXPECT_THAT(refused.error().hint(), HasSubstr("'income', 'age', 'limit'"));
}

TEST(DataSet, TheSchemaHashIsOfNamesInOrder) {
  EXPECT_EQ(DataSet::schema_hash({"a", "b"}), DataSet::schema_hash({"a", "b"}));
  EXPECT_NE(DataSet::schema_hash({"a", "b"}), DataSet::schema_hash({"b", "a"}));
  EXPECT_NE(DataSet::schema_hash({"a,b"}), DataSet::schema_hash({"a", "b"}));
  EXPECT_EQ(DataSet::schema_hash({}).size(), 64u);
}

}  // namespace
}  // namespace pai::client::nn
