// master.db of every version of its schema: what an earlier version stored is there after an upgrade, and the schema comes out as a new file's.

#include <gtest/gtest.h>

#include "master/store.h"
#include "support/old_database.h"

namespace pai::master {
namespace {

class Migration : public ::testing::TestWithParam<int> {
 protected:
  test::TempFolder folder_;
};

TEST_P(Migration, LeadsToTheSchemaOfANewFile) { test::expect_schema_of_a_new_file<Store>(folder_, "master", GetParam()); }

TEST_P(Migration, KeepsTasksDataSetsAndUsers) {
  auto store = Store::open(test::old_database(folder_, "master", GetParam()));
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
