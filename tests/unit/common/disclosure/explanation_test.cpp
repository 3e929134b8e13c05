// What a party's owner reads before a run.
#include "common/disclosure/explanation.h"

#include <gmock/gmock.h>

#include "tasks.h"

namespace pai::disclosure {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(Explanation, GoesByReceiverAndSaysWhatEachLearns) {
  const auto task = alignment("prf");
  const auto text = in_words(task, 1);
  EXPECT_THAT(text, HasSubstr("client 1 (feature_client at 127.0.0.1:8001), alignment_data, may send\n"));
  EXPECT_THAT(text, HasSubstr("  to client 0 (main_client at 127.0.0.1:8000):\n"));
  EXPECT_THAT(text, HasSubstr("keyed_ids"));
  EXPECT_THAT(text, HasSubstr("TagBatch"));
  EXPECT_THAT(text, HasSubstr("which tags exist, hence the sizes of all overlaps"));
  EXPECT_THAT(text, HasSubstr("Nothing else can leave it"));
}

TEST(Explanation, AReceiverThatLearnsNothingIsNamedAsSuch) {
  EXPECT_THAT(in_words(training({}), 2), HasSubstr("to client 1 (crypto_producer at 127.0.0.1:8001): nothing that depends on its data\n"));
}

TEST(Explanation, SettingsChangeIt) {
  EXPECT_THAT(in_words(alignment("ecdh"), 1), AllOf(HasSubstr("BlindedPoints"), Not(HasSubstr("TagBatch"))));
}

TEST(Explanation, TheMasterIsToldOfMetricsByTheLabelClientAloneAndOfACurveWhereItIsAskedFor) {
  auto task = training({});
  const auto label = static_cast<int>(task.clients.size()) - 1;
  ASSERT_EQ(task.clients.back().role, task::Role::kLabelClient);
  EXPECT_THAT(in_words(task, label), AllOf(HasSubstr("Its node tells the master and its users:"), HasSubstr("rounded to six decimals"), Not(HasSubstr("ROC"))));
  EXPECT_THAT(in_words(task, label - 1), Not(HasSubstr("six decimals")));
  task.clients.back().settings["report_roc"] = true;
  EXPECT_THAT(in_words(task, label), HasSubstr("at most 101 points"));
  auto& main = task.clients.front();
  ASSERT_EQ(main.role, task::Role::kMainClient);
  main.settings["mode"] = "predict";
  EXPECT_THAT(in_words(task, label), Not(HasSubstr("ROC")));
}

TEST(Explanation, AsJsonItHasOneEntryAReceiver) {
  const auto task = alignment("prf");
  const auto document = to_json(task, leaving(task, 3));
  ASSERT_EQ(document.size(), 3U);
  EXPECT_EQ(document[0]["to"], 0);
  EXPECT_EQ(document[0]["role"], "main_client");
  EXPECT_EQ(document[0]["node"], "127.0.0.1:8000");
  const auto& messages = document[0]["messages"];
  const auto tags = std::find_if(messages.begin(), messages.end(), [](const auto& one) { return one["message"] == "TagBatch"; });
  ASSERT_NE(tags, messages.end());
  EXPECT_EQ((*tags)["discloses"], "keyed_ids");
}

}  // namespace
}  // namespace pai::disclosure
