// node.db of every version of its schema: what an earlier version stored is there after an upgrade, and the schema comes out as a new file's.

#include <gtest/gtest.h>

#include "node/store.h"
#include "support/old_database.h"

namespace pai::node {
namespace {

class Migration : public ::testing::TestWithParam<int> {
 protected:
  test::TempFolder folder_;
};

TEST_P(Migration, LeadsToTheSchemaOfANewFile) { test::expect_schema_of_a_new_file<Store>(folder_, "node", GetParam()); }

TEST_P(Migration, KeepsClientsAndDataSets) {
  auto store = Store::open(test::old_database(folder_, "node", GetParam()));
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
