// task.json: a value of its own in each field of the node's block survives the round trip, every field is checked, and
// the block cannot come in with a request.
#include "common/task/task_file.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/json/strict_json.h"
#include "common/task/validate.h"
#include "unit/common/task/documents.h"

namespace pai::task {
namespace {

using Json = nlohmann::json;

TaskFile file_for(int client) {
  const auto whole = validate(full_document());
  const auto& own = whole->clients[static_cast<std::size_t>(client)];
  TaskFile file;
  file.spec = *validate_node_part(whole->public_part(), client, own.config());
  file.client_id = client;
  file.run_id = "0011aabb";
  file.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  file.node.name = "bank";
  file.node.raw_root = "/var/lib/pai/raw";
  file.node.datasets_root = "/var/lib/pai/数据";
  file.node.bind = "192.0.2.7";
  file.node.insecure = true;
  file.node.tls.certificate = "/etc/pai/cert.pem";
  file.node.tls.key = "/etc/pai/key.pem";
  file.node.tls.trusted = "/etc/pai/ca.pem";
  file.node.tls.allowed_peers = {"a.example", "sha256:00"};
  file.node.master_identity = "sha256:ff";
  file.node.min_intersection = 17;
  file.node.rows_max = 27;
  file.node.raw_sha256 = "ab";
  file.node.memory_bytes_max = 18;
  file.node.connect_timeout_s = 19.5;
  file.node.heartbeat_s = 20.5;
  file.node.peer_lost_s = 21.5;
  file.node.stall_timeout_s = 22.5;
  file.node.model_folder = "/var/lib/pai/tasks/train-3/model";
  file.node.resume = true;
  file.node.log_level = "debug";
  file.node.log_format = "json";
  return file;
}

TEST(TaskFiles, SurviveTheRoundTripForEveryClient) {
  for (const int client : {0, 1, 2}) {
    const auto file = file_for(client);
    const auto text = json::canonical(to_json(file));
    const auto read = task_file_from_json(*json::parse(text));
    ASSERT_TRUE(read.ok()) << all_faults(read.error());
    EXPECT_EQ(json::canonical(to_json(*read)), text);
    EXPECT_EQ(read->self().id, client);
    EXPECT_EQ(read->self().settings, file.self().settings);
    EXPECT_EQ(read->spec.digest(), validate(full_document())->digest());
  }
}

TEST(TaskFiles, KeepEachFieldInItsPlace) {
  const auto read = task_file_from_json(to_json(file_for(1)));
  ASSERT_TRUE(read.ok()) << all_faults(read.error());
  const auto& node = read->node;
  EXPECT_EQ(read->run_id, "0011aabb");
  EXPECT_EQ(node.name, "bank");
  EXPECT_EQ(node.raw_root, "/var/lib/pai/raw");
  EXPECT_EQ(node.datasets_root, "/var/lib/pai/数据");
  EXPECT_EQ(node.bind, "192.0.2.7");
  EXPECT_TRUE(node.insecure);
  EXPECT_EQ(node.tls.certificate, "/etc/pai/cert.pem");
  EXPECT_EQ(node.tls.key, "/etc/pai/key.pem");
  EXPECT_EQ(node.tls.trusted, "/etc/pai/ca.pem");
  EXPECT_EQ(node.tls.allowed_peers, (std::vector<std::string>{"a.example", "sha256:00"}));
  EXPECT_EQ(node.master_identity, "sha256:ff");
  EXPECT_EQ(node.min_intersection, 17u);
  EXPECT_EQ(node.rows_max, 27u);
  EXPECT_EQ(node.raw_sha256, "ab");
  EXPECT_EQ(node.memory_bytes_max, 18u);
  EXPECT_EQ(node.connect_timeout_s, 19.5);
  EXPECT_EQ(node.heartbeat_s, 20.5);
  EXPECT_EQ(node.peer_lost_s, 21.5);
  EXPECT_EQ(node.stall_timeout_s, 22.5);
  EXPECT_EQ(node.model_folder, "/var/lib/pai/tasks/train-3/model");
  EXPECT_TRUE(node.resume);
  EXPECT_EQ(node.log_level, "debug");
  EXPECT_EQ(node.log_format, "json");
}

TEST(TaskFiles, OfEarlierReleasesAreRead) {
  auto document = to_json(file_for(1));
  document["node"].erase("model_folder");
  document["node"].erase("resume");
  const auto read = task_file_from_json(document);
  ASSERT_TRUE(read.ok()) << all_faults(read.error());
  EXPECT_EQ(read->node.model_folder, "");
  EXPECT_FALSE(read->node.resume);
}

TEST(TaskFiles, AreRefusedFieldByField) {
  struct Spoiled {
    const char* pointer;
    Json value;
    const char* path;
  };
  const std::vector<Spoiled> cases = {
      {"/extra", 1, "extra"},
      {"/client", -1, "client"},
      {"/client", 3, "client"},
      {"/run_id", 7, "run_id"},
      {"/public/task_name", "a/b", "public.task_name"},
      {"/client_config/raw_data_path", "../x", "client_config.raw_data_path"},
      {"/node", 1, "node"},
      {"/node/extra", 1, "node.extra"},
      {"/node/name", 1, "node.name"},
      {"/node/raw_root", "relative", "node.raw_root"},
      {"/node/datasets_root", "", "node.datasets_root"},
      {"/node/bind", "", "node.bind"},
      {"/node/insecure", 1, "node.insecure"},
      {"/node/tls", nullptr, "node.tls"},
      {"/node/tls/key", 1, "node.tls.key"},
      {"/node/tls/extra", 1, "node.tls.extra"},
      {"/node/tls/allowed_peers", "x", "node.tls.allowed_peers"},
      {"/node/master_identity", nullptr, "node.master_identity"},
      {"/node/min_intersection", 0, "node.min_intersection"},
      {"/node/memory_bytes_max", -1, "node.memory_bytes_max"},
      {"/node/connect_timeout_s", 0, "node.connect_timeout_s"},
      {"/node/heartbeat_s", -1, "node.heartbeat_s"},
      {"/node/peer_lost_s", "6", "node.peer_lost_s"},
      {"/node/stall_timeout_s", 1e300, "node.stall_timeout_s"},
      {"/node/model_folder", "tasks/x/model", "node.model_folder"},
      {"/node/resume", 1, "node.resume"},
      {"/traceparent", 1, "traceparent"},
      {"/node/log_level", "loud", "node.log_level"},
      {"/node/log_format", "", "node.log_format"},
  };
  for (const auto& spoiled : cases) {
    SCOPED_TRACE(std::string(spoiled.pointer) + " = " + spoiled.value.dump());
    auto document = to_json(file_for(1));
    document[Json::json_pointer(spoiled.pointer)] = spoiled.value;
    const auto read = task_file_from_json(document);
    ASSERT_FALSE(read.ok());
    EXPECT_EQ(read.error().code(), ErrorCode::kInvalid);
    EXPECT_NE(fault_at(read.error(), spoiled.path), "") << all_faults(read.error());
  }
}

TEST(TaskFiles, NeedEveryFieldButThoseThatEarlierReleasesHadNot) {
  const auto whole = to_json(file_for(1));
  for (const auto& [key, value] : whole.items()) {
    auto document = whole;
    document.erase(key);
    EXPECT_EQ(task_file_from_json(document).ok(), key == "traceparent") << key;
  }
  for (const auto& [key, value] : whole["node"].items()) {
    auto document = whole;
    document["node"].erase(key);
    const bool is_newer = key == "model_folder" || key == "resume" || key == "rows_max" || key == "raw_sha256";
    EXPECT_EQ(task_file_from_json(document).ok(), is_newer) << key;
  }
  EXPECT_FALSE(task_file_from_json(Json::array()).ok());
}

TEST(TaskFiles, HoldNoOtherPartysSettings) {
  const auto text = to_json(file_for(2)).dump();
  EXPECT_THAT(text, ::testing::Not(::testing::HasSubstr("out/label")));
  EXPECT_THAT(text, ::testing::HasSubstr("out/feature"));
}

TEST(NodeBlocks, AreNeverTakenFromARequest) {
  auto document = full_document();
  document["clients"][1]["client_config"]["node"] = {{"raw_root", "/"}};
  document["node"] = {{"raw_root", "/"}};
  const auto result = validate(document);
  ASSERT_FALSE(result.ok());
  EXPECT_NE(fault_at(result.error(), "node"), "");
  EXPECT_NE(fault_at(result.error(), "clients[1].client_config.node"), "");
}

}  // namespace
}  // namespace pai::task
