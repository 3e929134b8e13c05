// Whether the data sets of a training come from one alignment, as its nodes tell.
#include "master/alignment_check.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pai::master {
namespace {

using testing::HasSubstr;

class AlignmentCheckTest : public ::testing::Test {
 protected:
  AlignmentCheckTest() {
    for (const auto role : {task::Role::kMainClient, task::Role::kFeatureClient, task::Role::kFeatureClient,
                            task::Role::kLabelClient}) {
      task::ClientSpec client;
      client.id = static_cast<int>(spec.clients.size());
      client.role = role;
      client.addr = "127.0.0.1";
      client.http_port = static_cast<std::uint16_t>(8080 + client.id);
      if (role != task::Role::kMainClient) client.settings = {{"data_path", "d" + std::to_string(client.id)}};
      spec.clients.push_back(client);
      replies.push_back({.outcome = NodeReply::Outcome::kOk, .document = {{"dataset", nullptr}}});
    }
    for (std::size_t i = 1; i < 4; ++i) carry(i, "aa");
  }
  void carry(std::size_t client, const std::string& id) {
    replies[client].document["dataset"] = {{"alignment_id", id}};
  }

  task::TaskSpec spec;
  std::vector<NodeReply> replies;
};

TEST_F(AlignmentCheckTest, OneForAllIsFine) {
  EXPECT_TRUE(check_alignment(spec, replies).ok());
}

TEST_F(AlignmentCheckTest, TasksThatReadNoDataSetAreFine) {
  for (auto& client : spec.clients) client.settings = nlohmann::json::object();
  for (std::size_t i = 1; i < 4; ++i) carry(i, std::to_string(i));
  EXPECT_TRUE(check_alignment(spec, replies).ok());
}

TEST_F(AlignmentCheckTest, EachThatDiffersIsNamedWithItsNode) {
  carry(2, std::string(64, 'b'));
  const auto refused = check_alignment(spec, replies);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), ErrorCode::kConflict);
  EXPECT_THAT(refused.error().message(),
              HasSubstr("client 1 (feature_client at 127.0.0.1:8081) has one of alignment aa"));
  EXPECT_THAT(refused.error().message(),
              HasSubstr("client 2 (feature_client at 127.0.0.1:8082) has one of alignment bbbb"));
  ASSERT_EQ(refused.error().details().size(), 3u);
  EXPECT_EQ(refused.error().details()[1].where, "127.0.0.1:8082");
  EXPECT_EQ(refused.error().details()[1].message,
            "client 2: data set 'd2' is of alignment " + std::string(16, 'b'));
}

TEST_F(AlignmentCheckTest, ANodeThatTellsNoneIsNoProof) {
  for (const nlohmann::json& told :
       std::vector<nlohmann::json>{nullptr, 7, {{"alignment_id", 7}}, {{"alignment_id", ""}}}) {
    for (std::size_t i = 1; i < 4; ++i) replies[i].document["dataset"] = told;
    EXPECT_FALSE(check_alignment(spec, replies).ok()) << told;
  }
}

}  // namespace
}  // namespace pai::master
