// Opening: new, older, newer, damaged and foreign files.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include <array>

#include "common/store/database.h"
#include "support/temp_folder.h"

namespace pai::store {
namespace {

using ::testing::HasSubstr;

constexpr std::array<std::string_view, 3> kSteps{
    "CREATE TABLE task(name TEXT PRIMARY KEY) STRICT; CREATE TABLE client(task TEXT REFERENCES task(name)) STRICT;",
    "ALTER TABLE task ADD COLUMN state TEXT NOT NULL DEFAULT 'Created'",
    // A rebuilt table that another refers to.
    "CREATE TABLE task2(name TEXT PRIMARY KEY, state TEXT NOT NULL, rows INTEGER) STRICT;"
    "INSERT INTO task2 SELECT name, state, 7 FROM task; DROP TABLE task; ALTER TABLE task2 RENAME TO task;"};

std::span<const std::string_view> first_steps(std::size_t count) { return std::span(kSteps).first(count); }

class Migration : public ::testing::Test {
 protected:
  test::TempFolder folder_;
  std::filesystem::path file_ = folder_ / "node.db";

  void fill(std::size_t steps) {
    auto database = Database::open(file_, first_steps(steps));
    ASSERT_TRUE(database.ok());
    ASSERT_TRUE((*database)->write([](Connection& connection) -> Status {
      PAI_TRY(connection.run("INSERT INTO task(name) VALUES('old')"));
      PAI_TRY(connection.run("INSERT INTO client VALUES('old')"));
      return {};
    }).ok());
  }
};

TEST_F(Migration, ANewFileIsForTheOwnerAloneWithItsCompanions) {
  const auto database = Database::open(file_, kSteps);
  ASSERT_TRUE(database.ok());
  for (const char* suffix : {"", "-wal", "-shm"}) {
    struct stat status {};
    ASSERT_EQ(::stat((file_.string() + suffix).c_str(), &status), 0) << suffix;
    EXPECT_EQ(status.st_mode & 0777, 0600U) << suffix;
  }
}

TEST_F(Migration, TheFileIsDurableAndConcurrentlyReadable) {
  const auto database = Database::open(file_, kSteps);
  ASSERT_TRUE(database.ok());
  EXPECT_EQ(as_text((*database)->query("PRAGMA journal_mode").value()[0][0]), "wal");
  EXPECT_EQ(as_int((*database)->query("PRAGMA synchronous").value()[0][0]), 2);
}

TEST_F(Migration, AnOlderFileIsBroughtUpWithItsContent) {
  fill(1);
  const auto database = Database::open(file_, kSteps);
  ASSERT_TRUE(database.ok());
  EXPECT_EQ((*database)->query("SELECT name, state, rows FROM task").value().at(0),
            (Row{std::string("old"), std::string("Created"), std::int64_t{7}}));
  EXPECT_EQ((*database)->query("SELECT * FROM client").value().size(), 1U);
  EXPECT_EQ(as_int((*database)->query("PRAGMA user_version").value()[0][0]), 3);
  const auto orphan = (*database)->write([](Connection& connection) -> Status {
    PAI_TRY(connection.run("INSERT INTO client VALUES('none')"));
    return {};
  });
  EXPECT_FALSE(orphan.ok()) << "foreign keys are on again after the update";
}

TEST_F(Migration, ANewerFileIsRefusedAndLeftAlone) {
  fill(2);
  const auto database = Database::open(file_, first_steps(1));
  ASSERT_FALSE(database.ok());
  EXPECT_EQ(database.error().code(), ErrorCode::kConflict);
  EXPECT_THAT(database.error().message(), HasSubstr("version 2"));
  EXPECT_FALSE(database.error().hint().empty());
  EXPECT_TRUE(Database::open(file_, first_steps(2)).ok());
}

TEST_F(Migration, AStepThatFailsLeavesTheVersionBeforeIt) {
  fill(1);
  const std::array<std::string_view, 3> broken{kSteps[0], kSteps[1], "CREATE TABLE fine(x); CREATE TABLE task(again)"};
  const auto database = Database::open(file_, broken);
  ASSERT_FALSE(database.ok());
  EXPECT_THAT(database.error().message(), HasSubstr("from version 2 to 3"));
  const auto again = Database::open(file_, first_steps(2));
  ASSERT_TRUE(again.ok()) << "step 2 was kept, step 3 undone";
  EXPECT_FALSE((*again)->query("SELECT * FROM fine").ok());
}

TEST_F(Migration, AStepThatBreaksReferencesIsUndone) {
  fill(1);
  const std::array<std::string_view, 2> broken{kSteps[0], "DELETE FROM task"};
  EXPECT_FALSE(Database::open(file_, broken).ok());
  const auto again = Database::open(file_, first_steps(1));
  ASSERT_TRUE(again.ok());
  EXPECT_EQ((*again)->query("SELECT * FROM task").value().size(), 1U);
}

TEST_F(Migration, AForeignFileIsAnErrorWithAHint) {
  test::write_text(file_, std::string(8'192, 'x'));
  const auto database = Database::open(file_, kSteps);
  ASSERT_FALSE(database.ok());
  EXPECT_THAT(database.error().message(), HasSubstr(file_.string()));
  EXPECT_THAT(database.error().hint(), HasSubstr("backup"));
  EXPECT_EQ(test::read_text(file_), std::string(8'192, 'x'));
}

TEST_F(Migration, ADamagedSchemaIsAnErrorWithAHint) {
  fill(1);
  std::string bytes = test::read_text(file_);
  ASSERT_GT(bytes.size(), 4'096U);
  bytes.replace(100, 3'900, std::string(3'900, '\xee'));  // the first page after the file's header
  test::write_text(file_, bytes);
  const auto database = Database::open(file_, kSteps);
  ASSERT_FALSE(database.ok());
  EXPECT_THAT(database.error().hint(), HasSubstr("backup"));
}

TEST_F(Migration, AMissingFolderAndAFolderInItsPlaceAreErrors) {
  const auto missing = Database::open(folder_ / "none/node.db", kSteps);
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().code(), ErrorCode::kNotFound);
  std::filesystem::create_directory(folder_ / "folder.db");
  const auto folder = Database::open(folder_ / "folder.db", kSteps);
  ASSERT_FALSE(folder.ok());
  EXPECT_EQ(folder.error().code(), ErrorCode::kInvalid);
}

TEST_F(Migration, AFileOpenToOthersIsClosedToThem) {
  fill(1);
  std::filesystem::permissions(file_, std::filesystem::perms(0644));
  ASSERT_TRUE(Database::open(file_, kSteps).ok());
  struct stat status {};
  ASSERT_EQ(::stat(file_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
}

}  // namespace
}  // namespace pai::store
