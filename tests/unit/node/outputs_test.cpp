// Who may write which path below the data sets.
#include "node/outputs.h"

#include <gtest/gtest.h>

namespace pai::node {
namespace {

const ClientKey kOne{"one", 1};
const ClientKey kTwo{"two", 1};

TEST(Outputs, OneWriterAPath) {
  Outputs outputs;
  EXPECT_TRUE(outputs.reserve("a/b", kOne, false).ok());
  EXPECT_TRUE(outputs.reserve("a/b", kOne, false).ok());
  const Status refused = outputs.reserve("a/b", kTwo, true);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), ErrorCode::kConflict);
  EXPECT_NE(refused.error().message().find("task 'one' client 1"), std::string::npos);
  outputs.release("a/b", kTwo);
  EXPECT_FALSE(outputs.reserve("a/b", kTwo, false).ok());
  outputs.release("a/b", kOne);
  EXPECT_TRUE(outputs.reserve("a/b", kTwo, false).ok());
}

TEST(Outputs, NoDataSetWithinAnother) {
  Outputs outputs;
  ASSERT_TRUE(outputs.reserve("a/b", kOne, false).ok());
  EXPECT_FALSE(outputs.reserve("a", kTwo, true).ok());
  EXPECT_FALSE(outputs.reserve("a/b/c/d", kTwo, true).ok());
  // Neighbours in the alphabet are no relatives.
  EXPECT_TRUE(outputs.reserve("a/b-2", kTwo, false).ok());
  EXPECT_TRUE(outputs.reserve("a/b2/c", kTwo, false).ok());
  EXPECT_FALSE(outputs.check("a", kTwo, false).ok());
}

TEST(Outputs, DataSetOfAnotherTaskNeedsOverwrite) {
  Outputs outputs;
  outputs.add_dataset("a", kOne);
  EXPECT_FALSE(outputs.reserve("a", kTwo, false).ok());
  EXPECT_TRUE(outputs.check("a", kTwo, true).ok());
  EXPECT_TRUE(outputs.check("a", kOne, false).ok());
  EXPECT_TRUE(outputs.check("a", {"one", 2}, false).ok());
  outputs.remove_dataset("a");
  EXPECT_TRUE(outputs.reserve("a", kTwo, false).ok());
  EXPECT_FALSE(outputs.dataset_holder("a"));
}

TEST(Outputs, WhatARunningClientReadsIsNotReplacedNorRemoved) {
  Outputs outputs;
  outputs.add_dataset("a", kOne);
  ASSERT_TRUE(outputs.use("a", kTwo).ok());
  ASSERT_TRUE(outputs.use("a", {"three", 0}).ok());
  for (const Status& refused : {outputs.reserve("a", {"new", 1}, /*overwrite=*/true), outputs.reserve_removal("a", kOne),
                                outputs.check_removal("a", kOne)}) {
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().code(), ErrorCode::kConflict);
    EXPECT_NE(refused.error().message().find("is being used by task"), std::string::npos) << refused.error().message();
  }
  outputs.end_use("a", {"three", 0});
  outputs.end_use("a", kTwo);
  EXPECT_TRUE(outputs.reserve("a", {"new", 1}, true).ok());
}

TEST(Outputs, WhatIsBeingWrittenIsNotRead) {
  Outputs outputs;
  ASSERT_TRUE(outputs.reserve("a", kOne, false).ok());
  const Status refused = outputs.use("a", kTwo);
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().message().find("task 'one' client 1"), std::string::npos);
  outputs.release("a", kOne);
  EXPECT_TRUE(outputs.use("a", kTwo).ok());
  EXPECT_FALSE(outputs.reserve("a/b", kOne, false).ok()) << "a data set would lie within one that is read";
}

TEST(Outputs, WhatIsBeingRemovedIsNotRead) {
  Outputs outputs;
  outputs.add_dataset("a", kOne);
  ASSERT_TRUE(outputs.reserve_removal("a", kOne).ok());
  EXPECT_FALSE(outputs.use("a", kTwo).ok());
}

TEST(Outputs, DataSetOfADeletedTaskIsAnotherTasksThoughTheNameIsTheSame) {
  Outputs outputs;
  outputs.add_dataset("a", kOne);
  outputs.disown_dataset("a", kTwo);
  EXPECT_TRUE(outputs.check("a", kOne, false).ok());
  outputs.disown_dataset("a", kOne);
  const Status refused = outputs.check("a", kOne, false);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), ErrorCode::kConflict);
  EXPECT_NE(refused.error().message().find("task 'one', which was deleted"), std::string::npos)
      << refused.error().message();
  EXPECT_TRUE(outputs.check("a", kOne, true).ok());
  EXPECT_NE(outputs.dataset_holder("a"), kOne);
}

}  // namespace
}  // namespace pai::node
