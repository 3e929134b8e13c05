#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "common/store/connection.h"
#include "common/store/migrate.h"
#include "support/process.h"
#include "support/temp_folder.h"

namespace pai::test {

/// The database of "master" or "node" as a daemon whose schema had that version left it, from tests/data/schemas: written by that version's
/// steps, so that a released step which is changed shows.
inline std::filesystem::path old_database(const TempFolder& folder, const std::string& daemon, int version) {
  const auto file = folder / (daemon + ".db");
  const auto dump = read_text(std::string(PAI_SOURCE_DIR) + "/tests/data/schemas/" + daemon + "-" + std::to_string(version) + ".sql");
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
  std::vector<std::string> statements;  ///< by name
};

inline Schema schema_of(const std::filesystem::path& file) {
  auto connection = store::SqliteConnection::open(file, {.read_only = true}).value();
  Schema schema{.version = store::as_int(connection->query("PRAGMA user_version").value().at(0).at(0)), .statements = {}};
  const auto rows = connection->query("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name").value();
  for (const auto& row : rows) schema.statements.push_back(store::as_text(row.at(0)));
  return schema;
}

/// Opens an old database by `Store::open`, and a new one: both must come out alike.
template <typename Store>
void expect_schema_of_a_new_file(const TempFolder& folder, const std::string& daemon, int version) {
  const auto old = old_database(folder, daemon, version);
  EXPECT_EQ(schema_of(old).version, version);
  ASSERT_TRUE(Store::open(old).ok());
  ASSERT_TRUE(Store::open(folder / "new.db").ok());
  const auto migrated = schema_of(old), made = schema_of(folder / "new.db");
  EXPECT_EQ(migrated.version, made.version);
  EXPECT_EQ(migrated.statements, made.statements);
}

}  // namespace pai::test
