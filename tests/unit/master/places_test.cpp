// In which order nodes are asked for a place, and what their answers say.
#include "master/places.h"

#include <gtest/gtest.h>

namespace pai::master {
namespace {

NodeReply reply(const nlohmann::json& queue) { return {.outcome = NodeReply::Outcome::kOk, .document = {{"queue", queue}}}; }

TEST(BoundedNodes, AreOrderedByTheirOwnIdsWhateverTheyAreCalled) {
  const std::vector<http::Endpoint> one{{"10.0.0.1", 1}, {"10.0.0.2", 1}, {"10.0.0.1", 1}};
  const std::vector<NodeReply> replies{reply({{"node_id", "b"}, {"max_running", 2}}), reply({{"node_id", "a"}, {"max_running", 1}}),
                                       reply({{"node_id", "b"}, {"max_running", 2}})};
  const auto ordered = bounded_nodes(one, replies);
  ASSERT_EQ(ordered.size(), 2u);
  EXPECT_EQ(ordered[0].id, "a");
  EXPECT_EQ(ordered[0].clients, std::vector<int>{1});
  EXPECT_EQ(ordered[1].id, "b");
  EXPECT_EQ(ordered[1].clients, (std::vector<int>{0, 2})) << "asked for together";
  // Another master knows them by other names.
  const std::vector<http::Endpoint> other{{"z.example.org", 1}, {"y.example.org", 1}, {"z.example.org", 1}};
  EXPECT_EQ(bounded_nodes(other, replies)[0].id, "a");
}

TEST(BoundedNodes, AreOnlyThoseThatSaySo) {
  const std::vector<http::Endpoint> nodes(5, {"h", 1});
  const std::vector<NodeReply> replies{reply(nullptr), reply({{"node_id", "a"}, {"max_running", 0}}), reply({{"node_id", 7}, {"max_running", 1}}),
                                       reply({{"node_id", "a"}, {"max_running", "1"}}), NodeReply{}};
  EXPECT_TRUE(bounded_nodes(nodes, replies).empty());
}

TEST(BoundedNodes, MustHaveRoomForAllOfTheTasksClients) {
  EXPECT_TRUE(check_fits({{.id = "a", .node = {"h", 1}, .clients = {0, 1}, .running_max = 2}}).ok());
  const auto refused = check_fits({{.id = "a", .node = {"h", 1}, .clients = {0, 1}, .running_max = 1}});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), ErrorCode::kConflict);
  EXPECT_EQ(refused.error().details().at(0).where, "h:1");
}

TEST(Position, IsReadFromTheAnswerAndNothingElse) {
  EXPECT_EQ(position_in(reply({{"position", 3}})).value(), 3);
  EXPECT_EQ(position_in(reply({{"position", 0}})).value(), 0);
  for (const auto& bad : {nlohmann::json(nullptr), nlohmann::json{{"position", -1}}, nlohmann::json{{"position", "1"}}, nlohmann::json{{"position", 1.5}}}) {
    EXPECT_FALSE(position_in(reply(bad)).ok()) << bad;
  }
}

}  // namespace
}  // namespace pai::master
