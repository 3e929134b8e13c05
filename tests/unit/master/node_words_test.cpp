// A node's answers are put together anew before a user sees them; a hostile one is an error and no more.
#include "master/node_words.h"

#include <gtest/gtest.h>

#include "common/task/account.h"
#include "support/alignment_spec.h"

namespace pai::master {
namespace {

using nlohmann::json;

TEST(NodeWords, ALogIsTextAndNothingElse) {
  const auto log = log_in({{"msg", "the end\n"}, {"shared", "errors"}, {"client", {{"anything", 1}}}, {"more", 2}});
  ASSERT_TRUE(log.ok());
  EXPECT_EQ(*log, (json{{"msg", "the end\n"}, {"shared", "errors"}}));
  EXPECT_EQ(log_in({{"msg", ""}, {"shared", {1, 2}}})->at("shared"), nullptr);
  for (const auto& hostile : {json(), json(3), json::array(), json::object(), json{{"msg", 5}}, json{{"msg", nullptr}}, json{{"msg", {{"split", 1}}}},
                              json{{"msg", std::string((8u << 20) + 1, 'x')}}}) {
    const auto read = log_in(hostile);
    ASSERT_FALSE(read.ok()) << hostile.dump().substr(0, 60);
    EXPECT_EQ(read.error().code(), ErrorCode::kNodeFailed);
  }
}

TEST(NodeWords, BytesAndLedgersAreChecked) {
  EXPECT_TRUE(traffic_in({{"msg", json::array()}}).ok());
  EXPECT_TRUE(ledger_in({{"msg", task::to_json(task::LedgerSummary())}}).ok());
  for (const auto& hostile : {json(), json(3), json::object(), json{{"msg", "x"}}, json{{"msg", {1}}}, json{{"msg", {{"sent", 1}}}}}) {
    EXPECT_FALSE(traffic_in(hostile).ok()) << hostile.dump();
    EXPECT_FALSE(ledger_in(hostile).ok()) << hostile.dump();
  }
  auto more = task::to_json(task::LedgerSummary());
  more["script"] = "x";
  EXPECT_FALSE(ledger_in({{"msg", more}})->contains("script"));
}

TEST(NodeWords, ACheckNamesTheTasksOwnParties) {
  const auto spec = test::alignment_spec("t", 3, [](int id) { return static_cast<std::uint16_t>(9000 + id); });
  const json message{{"message", "TagBatch"}, {"discloses", "keyed_ids"}, {"learns", "which tags exist"}};
  const json receiver{{"to", 0}, {"role", "a lie"}, {"node", "elsewhere:1"}, {"messages", {message}}, {"more", 1}};
  const json dataset{{"data_path", "d"}, {"alignment_id", "aa"}, {"train_rows", 8}, {"test_rows", 2}, {"columns", 3}};
  const auto read = check_in({{"discloses", {receiver}}, {"approval", "manual"}, {"dataset", dataset}, {"task", "x"}}, spec);
  ASSERT_TRUE(read.ok()) << read.error().describe();
  EXPECT_EQ(read->at("discloses")[0].at("role"), "main_client");
  EXPECT_EQ(read->at("discloses")[0].at("node"), spec.clients[0].node());
  EXPECT_EQ(read->at("discloses")[0].at("messages"), json::array({message}));
  EXPECT_FALSE(read->at("discloses")[0].contains("more"));
  EXPECT_EQ(read->at("dataset"), dataset);
  EXPECT_FALSE(read->contains("task"));
  EXPECT_TRUE(check_in({{"msg", "checked"}}, spec)->empty());
  for (const auto& hostile : {json{{"discloses", 3}}, json{{"discloses", {3}}}, json{{"discloses", {{{"to", 64}, {"messages", json::array()}}}}},
                              json{{"discloses", {{{"to", 0}, {"messages", 1}}}}}, json{{"discloses", {{{"to", 0}, {"messages", {"x"}}}}}},
                              json{{"approval", "never"}}, json{{"dataset", "d"}}, json{{"dataset", {{"data_path", 1}}}}}) {
    EXPECT_FALSE(check_in(hostile, spec).ok()) << hostile.dump();
  }
}

}  // namespace
}  // namespace pai::master
