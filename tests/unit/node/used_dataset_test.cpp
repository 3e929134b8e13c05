// The data set that a training reads: what must stand there, and what is said when it does not.
#include "node/used_dataset.h"

#include <filesystem>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/temp_folder.h"

namespace pai::node {
namespace {

using nlohmann::json;
using testing::HasSubstr;

class UsedDatasetTest : public ::testing::Test {
 protected:
  UsedDatasetTest() : root_(*io::Root::open(folder_.path(), false)) {
    std::filesystem::create_directories(folder_ / "credit/f1");
    write("train.csv", "1,2\n3,4\n");
    write("test.csv", "5,6\n");
    write("raw_aligned.csv", "ID,X1,X2\na,1,2\n");
    describe();

    task::ClientSpec main;
    main.role = task::Role::kMainClient;
    main.settings = {{"mode", "train"}};
    task::ClientSpec feature;
    feature.id = 1;
    feature.role = task::Role::kFeatureClient;
    feature.type = task::ClientType::kSharedNnFeature;
    feature.settings = {{"data_path", "credit/f1"}};
    spec_.name = "t";
    spec_.clients = {main, feature};
  }

  void write(const std::string& name, const std::string& text) {
    test::write_text(folder_ / "credit/f1" / name, text);
  }
  void describe() { write("dataset.json", description_.dump()); }
  Result<std::optional<UsedDataset>> check() { return check_dataset(root_, spec_, spec_.clients[1]); }
  void expect_refused(const std::string& says, const std::string& path = "client_config.data_path") {
    const auto refused = check();
    ASSERT_FALSE(refused.ok()) << "expected: " << says;
    EXPECT_EQ(refused.error().code(), ErrorCode::kInvalid);
    EXPECT_THAT(refused.error().message(), HasSubstr(says));
    ASSERT_FALSE(refused.error().details().empty());
    EXPECT_EQ(refused.error().details().front().where, path);
  }

  test::TempFolder folder_;
  io::Root root_;
  task::TaskSpec spec_;
  json description_ = {{"format", 1},
                       {"alignment_id", "00ff12"},
                       {"columns", {"X1", "X2"}},
                       {"rows", {{"train", 2}, {"test", 1}}},
                       {"files",
                        {{"train.csv", {{"bytes", 8}, {"sha256", "00"}}},
                         {"test.csv", {{"bytes", 4}, {"sha256", "00"}}},
                         {"raw_aligned.csv", {{"bytes", 15}, {"sha256", "00"}}}}}};
};

TEST_F(UsedDatasetTest, IsToldAsItsDescriptionSays) {
  const auto used = check();
  ASSERT_TRUE(used.ok()) << used.error().describe();
  EXPECT_EQ(**used, (UsedDataset{"credit/f1", "00ff12", 2, 1, 2, {"X1", "X2"}, "", ""}));
}

TEST_F(UsedDatasetTest, SaysWhichRawFileItCameFromAndWhichColumnsAreUsed) {
  description_["source"] = {{"raw_data_path", "loans.csv"}, {"sha256", std::string(64, 'a')}};
  describe();
  spec_.clients[1].settings["columns"] = {1};
  const auto used = check();
  ASSERT_TRUE(used.ok()) << used.error().describe();
  EXPECT_EQ((*used)->source_raw, "loans.csv");
  EXPECT_EQ((*used)->source_sha256, std::string(64, 'a'));
  EXPECT_EQ((*used)->column_names, std::vector<std::string>{"X2"});
  description_["source"] = "loans.csv";
  describe();
  expect_refused("source");
}

TEST_F(UsedDatasetTest, IsNoneForAClientWithoutAPath) {
  const auto used = check_dataset(root_, spec_, spec_.clients[0]);
  ASSERT_TRUE(used.ok());
  EXPECT_FALSE(used->has_value());
}

TEST_F(UsedDatasetTest, ThatIsNotThereIsNamed) {
  spec_.clients[1].settings["data_path"] = "credit/f2";
  expect_refused("there is no data set 'credit/f2' at this node");
  spec_.clients[1].settings["data_path"] = "credit";
  expect_refused("'credit' is no data set: it has no dataset.json");
}

TEST_F(UsedDatasetTest, WithADamagedDescriptionIsRefused) {
  write("dataset.json", "{");
  expect_refused("dataset.json of 'credit/f1' is unreadable");
  for (const char* missing : {"alignment_id", "columns", "rows", "files"}) {
    auto damaged = description_;
    damaged.erase(missing);
    write("dataset.json", damaged.dump());
    expect_refused(missing);
  }
  auto upper = description_;
  upper["alignment_id"] = "00FF";
  write("dataset.json", upper.dump());
  expect_refused("alignment_id");
}

TEST_F(UsedDatasetTest, OfWhichAFileIsGoneOrChangedIsRefused) {
  write("train.csv", "1,2\n");
  expect_refused("file 'train.csv' of data set 'credit/f1' has 4 bytes, and dataset.json says 8");
  std::filesystem::remove(folder_ / "credit/f1/train.csv");
  expect_refused("file 'train.csv'");
  description_["files"].erase("train.csv");
  describe();
  expect_refused("has no train.csv and test.csv");
}

TEST_F(UsedDatasetTest, ThatNamesAFileElsewhereIsRefused) {
  test::write_text(folder_ / "secret", "12345678");
  description_["files"]["../../secret"] = {{"bytes", 8}};
  describe();
  EXPECT_TRUE(check().ok()) << "a file that is not read is no concern";
  spec_.clients[0].settings["mode"] = "predict";
  description_["files"]["../../secret_aligned.csv"] = {{"bytes", 8}};
  test::write_text(folder_ / "secret_aligned.csv", "12345678");
  describe();
  const auto read = check();  // within the root it may be read; outside never
  description_["files"]["../../../x_aligned.csv"] = {{"bytes", 8}};
  describe();
  expect_refused("leads out of the folder");
}

TEST_F(UsedDatasetTest, OfAPredictionNeedsItsAlignedFileAlone) {
  spec_.clients[0].settings["mode"] = "predict";
  std::filesystem::remove(folder_ / "credit/f1/train.csv");
  EXPECT_TRUE(check().ok());
  std::filesystem::remove(folder_ / "credit/f1/raw_aligned.csv");
  expect_refused("file 'raw_aligned.csv'");
  description_["files"].erase("raw_aligned.csv");
  describe();
  expect_refused("no aligned file");
}

TEST_F(UsedDatasetTest, ColumnsAreFoundByNameOrPosition) {
  spec_.clients[1].settings["columns"] = {"X2", 0};
  const auto used = check();
  ASSERT_TRUE(used.ok()) << used.error().describe();
  EXPECT_EQ((*used)->columns, 2u);
  spec_.clients[1].settings["columns"] = json::array({1});
  EXPECT_EQ((**check()).columns, 1u);
}

TEST_F(UsedDatasetTest, ColumnsThatAreNotThereAreNamedTogether) {
  spec_.clients[1].settings["columns"] = {"X3", 2, "X1", 0};
  const auto refused = check();
  ASSERT_FALSE(refused.ok());
  ASSERT_EQ(refused.error().details().size(), 3u);
  EXPECT_EQ(refused.error().details()[0].where, "client_config.columns[0]");
  EXPECT_THAT(refused.error().details()[0].message, HasSubstr("did you mean"));
  EXPECT_THAT(refused.error().details()[1].message,
              HasSubstr("2 is no column of data set 'credit/f1', which has 2"));
  EXPECT_THAT(refused.error().details()[2].message, HasSubstr("in the list already"));
}

}  // namespace
}  // namespace pai::node
