// master.db of every version of its schema: what an earlier version stored is there after an upgrade, and the schema comes out as a new file's. The
// files in tests/data/schemas were written by that version's steps; a released step that is changed makes the two schemas differ.

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "master/store.h"
#include "common/store/connection.h"
#include "common/store/migrate.h"
#include "support/process.h"
#include "support/temp_folder.h"

namespace pai::master {
namespace {

namespace fs = std::filesystem;

class Migration : public ::testing::TestWithParam<int> {
 protected:
  /// The database as a daemon of that version left it.
  fs::path left_by(int version) {
    const auto file = folder_ / "master.db";
    const auto dump = test::read_text(std::string(PAI_SOURCE_DIR) + "/tests/data/schemas/master-" + std::to_string(version) + ".sql");
    EXPECT_FALSE(dump.empty());
    EXPECT_TRUE(store::prepare_file(file).ok());
    auto connection = store::SqliteConnection::open(file, {});
    EXPECT_TRUE(connection.ok());
    const auto written = (*connection)->execute(dump);
    EXPECT_TRUE(written.ok()) << written.error().describe();
    return file;
  }

  struct Schema {
    std::int64_t version = 0;
    std::vector<std::string> statements;
  };
  static Schema schema_of(const fs::path& file) {
    auto connection = store::SqliteConnection::open(file, {.read_only = true}).value();
    Schema schema{.version = store::as_int(connection->query("PRAGMA user_version").value().at(0).at(0)), .statements = {}};
    const auto rows = connection->query("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name").value();
    for (const auto& row : rows) {
      schema.statements.push_back(store::as_text(row.at(0)));
    }
    return schema;
  }

  test::TempFolder folder_;
};

TEST_P(Migration, LeadsToTheSchemaOfANewFile) {
  const auto old = left_by(GetParam());
  EXPECT_EQ(schema_of(old).version, GetParam());
  ASSERT_TRUE(Store::open(old).ok());
  ASSERT_TRUE(Store::open(folder_ / "new.db").ok());
  const auto migrated = schema_of(old), made = schema_of(folder_ / "new.db");
  EXPECT_EQ(migrated.version, made.version);
  EXPECT_EQ(migrated.statements, made.statements);
}

TEST_P(Migration, KeepsTasksDataSetsAndUsers) {
  auto store = Store::open(left_by(GetParam()));
  ASSERT_TRUE(store.ok()) << store.error().describe();
  const auto ended = (*store)->find("aligned").value();
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->record.state, task::TaskState::kFinished);
  EXPECT_EQ(ended->clients.size(), 3U);
  const auto waiting = (*store)->find("waiting").value();
  ASSERT_TRUE(waiting);
  EXPECT_EQ(waiting->record.state, task::TaskState::kCreated);
  const auto datasets = (*store)->datasets_of("aligned").value();
  ASSERT_EQ(datasets.size(), 2U);
  EXPECT_EQ((*store)->nodes().value().size(), 1U);
  EXPECT_EQ((*store)->users().value().size(), GetParam() >= 3 ? 1U : 0U);
}

INSTANTIATE_TEST_SUITE_P(From, Migration, ::testing::Values(1, 2, 3, 4));

}  // namespace
}  // namespace pai::master
