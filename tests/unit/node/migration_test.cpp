// node.db of every version of its schema: what an earlier version stored is there after an upgrade, and the schema comes out as a new file's. The
// files in tests/data/schemas were written by that version's steps; a released step that is changed makes the two schemas differ.

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "node/store.h"
#include "common/store/connection.h"
#include "common/store/migrate.h"
#include "support/process.h"
#include "support/temp_folder.h"

namespace pai::node {
namespace {

namespace fs = std::filesystem;

class Migration : public ::testing::TestWithParam<int> {
 protected:
  /// The database as a daemon of that version left it.
  fs::path left_by(int version) {
    const auto file = folder_ / "node.db";
    const auto dump = test::read_text(std::string(PAI_SOURCE_DIR) + "/tests/data/schemas/node-" + std::to_string(version) + ".sql");
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

TEST_P(Migration, KeepsClientsAndDataSets) {
  auto store = Store::open(left_by(GetParam()));
  ASSERT_TRUE(store.ok()) << store.error().describe();
  const auto clients = store->clients().value();
  ASSERT_EQ(clients.size(), 6U);
  const auto ended = store->client({"aligned", 1}).value();
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->status.state, task::ClientState::kFinished);
  ASSERT_TRUE(ended->status.dataset);
  EXPECT_EQ(ended->status.dataset->train_rows, 16U);
  EXPECT_EQ(ended->process.boot_id, "00000000-0000-0000-0000-000000000000");
  const auto waiting = store->client({"waiting", 2}).value();
  ASSERT_TRUE(waiting);
  EXPECT_EQ(waiting->status.state, task::ClientState::kCreated);
  EXPECT_EQ(waiting->out_data_path, "wb");
  const auto documents = store->documents({"waiting", 2}).value();
  EXPECT_EQ(documents.own_settings.at("raw_data_path"), "b.csv");
  const auto datasets = store->datasets().value();
  ASSERT_EQ(datasets.size(), 2U);
}

INSTANTIATE_TEST_SUITE_P(From, Migration, ::testing::Values(1, 2, 3, 5));

}  // namespace
}  // namespace pai::node
