// Which task folder holds the model that a prediction uses at this node.
#include "node/models.h"

#include <filesystem>
#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/temp_folder.h"

namespace pai::node {
namespace {

using nlohmann::json;
using testing::HasSubstr;

class ModelsTest : public ::testing::Test {
 protected:
  ModelsTest() {
    settings_.data_dir = folder_ / "node";
    settings_.raw_dir = folder_ / "node/raw";
    settings_.datasets_dir = folder_ / "node/datasets";
    settings_.tasks_dir = folder_ / "node/tasks";
    settings_.staging_dir = folder_ / "node/staging";
    folders_.emplace(*Folders::open(settings_));
    for (const auto role : {task::Role::kMainClient, task::Role::kCryptoProducer, task::Role::kFeatureClient,
                            task::Role::kFeatureClient, task::Role::kLabelClient}) {
      task::ClientSpec client;
      client.id = static_cast<int>(spec_.clients.size());
      client.role = role;
      spec_.clients.push_back(client);
    }
    spec_.name = "p";
    spec_.clients[0].settings = {{"mode", "predict"}, {"model_task", "train"}};
  }

  /// A client of a task at this node, of the same roles as `spec_` unless `role` says otherwise.
  void add(const std::string& task, int client, bool with_model, const std::string& role = "") {
    const auto folder = settings_.tasks_dir / (task + "-" + std::to_string(client));
    std::filesystem::create_directories(folder);
    auto clients = json::array();
    for (const auto& each : spec_.clients) clients.push_back({{"role", task::role_name(each.role)}});
    if (!role.empty()) clients[static_cast<std::size_t>(client)]["role"] = role;
    test::write_text(
        folder / "task.json",
        json{{"public", {{"task_name", task}, {"clients", clients}}}, {"client", client}}.dump());
    if (with_model) {
      std::filesystem::create_directories(folder / "model");
      test::write_text(folder / "model/model.json", "{}");
    }
    states_[{task, client}] = task::ClientState::kFinished;
  }
  Result<std::string> find(int client) {
    return model_folder(*folders_, spec_, spec_.clients[static_cast<std::size_t>(client)],
                        [&](const ClientKey& key) -> std::optional<task::ClientState> {
                          const auto found = states_.find(key);
                          return found == states_.end() ? std::nullopt : std::optional(found->second);
                        });
  }
  std::string path(const std::string& folder) const {
    return (settings_.tasks_dir / folder / "model").string();
  }
  std::string refusal(int client) {
    const auto found = find(client);
    return found.ok() ? "found " + *found : found.error().message();
  }

  test::TempFolder folder_;
  Settings settings_;
  std::optional<Folders> folders_;
  task::TaskSpec spec_;
  std::map<ClientKey, task::ClientState> states_;
};

TEST_F(ModelsTest, TheSameIdIsTakenWhenItHasTheSameRole) {
  add("train", 2, true);
  add("train", 3, true);
  EXPECT_EQ(*find(2), path("train-2"));
  EXPECT_EQ(*find(3), path("train-3"));
}

TEST_F(ModelsTest, OtherwiseTheOnlyOneOfTheRoleIsTaken) {
  add("train", 3, true);
  EXPECT_EQ(*find(2), path("train-3"));
  add("train", 2, true, "label_client");
  EXPECT_EQ(*find(2), path("train-3")) << "its own id has another role there";
}

TEST_F(ModelsTest, SeveralOfTheRoleAreNoAnswer) {
  add("train", 3, true);
  add("train", 1, true, "feature_client");
  EXPECT_THAT(refusal(2), HasSubstr("several clients of task 'train' as feature_client: 1 and 3"));
}

TEST_F(ModelsTest, WhatIsMissingIsSaid) {
  EXPECT_THAT(refusal(2), HasSubstr("this node has no client of task 'train' as feature_client"));
  add("train", 2, false);
  EXPECT_THAT(refusal(2), HasSubstr("task 'train' client 2 has no model at this node"));
  EXPECT_EQ(find(2).error().details().front().where, "clients[0].client_config.model_task");
  add("train", 2, true);
  states_[{"train", 2}] = task::ClientState::kRunning;
  EXPECT_THAT(refusal(2), HasSubstr("is not at its end"));
}

TEST_F(ModelsTest, TasksOfOtherMastersAndOtherNamesAreNotSeen) {
  add("train", 2, true);
  states_.clear();
  EXPECT_THAT(refusal(2), HasSubstr("has no client of task 'train'"));
  add("train-x", 2, true);
  add("trai", 2, true);
  EXPECT_THAT(refusal(2), HasSubstr("has no client of task 'train'"));
}

TEST_F(ModelsTest, MainAndDealerNeedNone) {
  EXPECT_EQ(*find(0), "");
  EXPECT_EQ(*find(1), "");
  add("train", 0, true);
  EXPECT_EQ(*find(0), path("train-0"));
}

TEST_F(ModelsTest, ATrainingNeedsNone) {
  spec_.clients[0].settings = {{"mode", "train"}};
  EXPECT_EQ(*find(2), "");
}

TEST_F(ModelsTest, TheLevelOfAModelIsWhatItsFileSays) {
  add("train", 2, true);
  const auto folder = find(2);
  ASSERT_TRUE(folder.ok());
  EXPECT_FALSE(model_security(*folder).ok()) << "a model that does not say";
  test::write_text(std::filesystem::path(*folder) / "model.json", R"({"security": "relaxed"})");
  EXPECT_EQ(*model_security(*folder), "relaxed");
  test::write_text(std::filesystem::path(*folder) / "model.json", R"({"security": 3})");
  EXPECT_FALSE(model_security(*folder).ok());
  test::write_text(std::filesystem::path(*folder) / "model.json", "[]");
  EXPECT_FALSE(model_security(*folder).ok());
  EXPECT_FALSE(model_security("/nowhere").ok());
  EXPECT_EQ(*model_security(""), "");
}

}  // namespace
}  // namespace pai::node
