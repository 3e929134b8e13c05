// Trainings at a real pai-node with the scripted client: which data set and model they may use, what a
// resumed start keeps, and the test record on its way out.
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "integration/node/node_fixture.h"

namespace pai::test {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

constexpr int kMain = 0, kDealer = 1, kFeature = 2, kLabel = 3;
constexpr const char* kAlignment = "00112233445566778899aabbccddeeff";

class NodeTrainingTest : public NodeTest {
 protected:
  NodeTrainingTest() {
    computation_ports_.push_back(free_port());
    start_node("stop_grace_s = 0.3\n");
    write_dataset("f", kAlignment);
    write_dataset("l", kAlignment);
  }

  void write_dataset(const std::string& name, const std::string& alignment) {
    const auto folder = data() / "datasets" / name;
    fs::create_directories(folder);
    write_text(folder / "train.csv", "1,2\n3,4\n");
    write_text(folder / "test.csv", "5,6\n");
    write_text(folder / "raw_aligned.csv", "ID,X1,X2\na,1,2\n");
    write_text(folder / "dataset.json", json{{"format", 1},
                                             {"task", "hand"},
                                             {"alignment_id", alignment},
                                             {"columns", {"X1", "X2"}},
                                             {"rows", {{"train", 2}, {"test", 1}}},
                                             {"files",
                                              {{"train.csv", {{"bytes", 8}}},
                                               {"test.csv", {{"bytes", 4}}},
                                               {"raw_aligned.csv", {{"bytes", 15}}}}}}
                                            .dump());
  }

  /// What a master sends of client `client` of a training.
  json training(const std::string& task, int client, json main_settings = json::object()) {
    const std::vector<std::pair<std::string, std::string>> kinds = {{"main_client", "shared_nn_main"},
                                                                    {"crypto_producer", "triplet_producer"},
                                                                    {"feature_client", "shared_nn_feature"},
                                                                    {"label_client", "shared_nn_label"}};
    json clients = json::array();
    for (int i = 0; i < 4; ++i) {
      const auto& [role, type] = kinds[static_cast<std::size_t>(i)];
      json each{{"id", i},
                {"role", role},
                {"addr", "127.0.0.1"},
                {"http_port", port_},
                {"client_type", type},
                {"computation_port", port_of(i)}};
      if (i == kMain) each["settings"] = main_settings;
      clients.push_back(std::move(each));
    }
    json config = client == kMain ? main_settings : json::object();
    if (client == kFeature) config["data_path"] = "f";
    if (client == kLabel) config["data_path"] = "l";
    config["client_type"] = kinds[static_cast<std::size_t>(client)].second;
    config["computation_port"] = port_of(client);
    return {{"public", {{"task_name", task}, {"clients", clients}}},
            {"client_config", config},
            {"attempt", "a1"}};
  }
  NodeAnswer prepare_training(const std::string& task, int client, const json& body) {
    return post("/createTask?" + query(task, client) + "&step=prepare", body);
  }
  void create_training(const std::string& task, int client, const json& main_settings = json::object()) {
    const auto prepared = prepare_training(task, client, training(task, client, main_settings));
    ASSERT_EQ(prepared.status, 200) << prepared.body;
    ASSERT_EQ(commit(task, client).status, 200);
  }
  json run(const std::string& task, int client, const std::string& script_text, const std::string& state,
           const std::string& run_id = "b1", const std::string& more = "") {
    script(task, client, script_text);
    auto events = follow();
    const auto started = post("/startTask?" + query(task, client) + "&run_id=" + run_id + more);
    EXPECT_EQ(started.status, 200) << started.body;
    const auto fits = [&](const std::string& event, const json& status) {
      return event == "client" && status.value("task_name", "") == task &&
             status.value("client", -1) == client && status.value("state", "") == state &&
             status.value("run_id", "") == run_id;
    };
    return events->await(fits).value_or(json::object());
  }
  json node_block(const std::string& task, int client) {
    return json::parse(read_text(task_folder(task, client) / "task.json")).at("node");
  }
};

TEST_F(NodeTrainingTest, ApprovalIsForTheRowsAndColumnsThatWereThere) {
  const auto paictl = [&](const std::string& arguments) {
    return std::system((std::string(PAI_BIN_DIR) + "/paictl " + arguments + " --data-dir " + data().string() + " >/dev/null").c_str());
  };
  ASSERT_EQ(paictl("grant add --initiator '*' --dataset '*' --approval manual"), 0);
  create_training("t", kFeature);
  EXPECT_EQ(task_status("t", kFeature).body["state"], "AwaitingApproval");
  ASSERT_EQ(paictl("approve t"), 0);
  EXPECT_EQ(task_status("t", kFeature).body["state"], "Created");
  write_dataset("f", "ffffffffffffffffffffffffffffffff");  // another alignment took its place
  const auto refused = start("t", kFeature);
  EXPECT_EQ(refused.status, 409) << refused.body;
  EXPECT_NE(refused.message().find("waits for the approval"), std::string::npos) << refused.body;
  ASSERT_EQ(paictl("approve t"), 0) << "the owner is asked anew";
  script("t", kFeature, "finish\n");
  EXPECT_EQ(start("t", kFeature).status, 200);
}

TEST_F(NodeTrainingTest, ToldWithItsDataSet) {
  const auto prepared = prepare_training("t", kFeature, training("t", kFeature));
  ASSERT_EQ(prepared.status, 200) << prepared.body;
  const json expected = {
      {"data_path", "f"}, {"alignment_id", kAlignment}, {"train_rows", 2}, {"test_rows", 1}, {"columns", 2}};
  EXPECT_EQ(prepared.body["dataset"], expected);
  EXPECT_EQ(prepare_training("t", kFeature, training("t", kFeature)).body["dataset"], expected)
      << "the second time too";
  auto check = training("t2", kFeature);
  check.erase("attempt");
  EXPECT_EQ(post("/checkTask?" + query("t2", kFeature), check).body["dataset"], expected);
  ASSERT_EQ(commit("t", kFeature).status, 200);
  EXPECT_EQ(post("/startTask?" + query("t", kFeature) + "&check=true").body["dataset"], expected);
  EXPECT_EQ(prepare_training("t", kMain, training("t", kMain)).body["dataset"], nullptr);
}

TEST_F(NodeTrainingTest, WithoutItsDataSetIsRefusedAndLeavesNothing) {
  auto body = training("t", kFeature);
  body["client_config"]["data_path"] = "g";
  body["client_config"]["columns"] = {"X1"};
  const auto refused = prepare_training("t", kFeature, body);
  EXPECT_EQ(refused.status, 400);
  EXPECT_NE(refused.message().find("there is no data set 'g' at this node"), std::string::npos)
      << refused.body;
  EXPECT_EQ(refused.body["error"]["details"][0]["path"], "client_config.data_path");
  body["client_config"]["data_path"] = "f";
  body["client_config"]["columns"] = {"X9"};
  const auto column = prepare_training("t", kFeature, body);
  EXPECT_EQ(column.status, 400);
  EXPECT_EQ(column.body["error"]["details"][0]["path"], "client_config.columns[0]");
  EXPECT_TRUE(fs::is_empty(data() / "staging"));
  EXPECT_TRUE(fs::is_empty(data() / "tasks"));
}

TEST_F(NodeTrainingTest, StartLooksAtTheDataSetAgain) {
  create_training("t", kFeature);
  fs::remove(data() / "datasets/f/train.csv");
  const auto refused = start("t", kFeature);
  EXPECT_EQ(refused.status, 400) << refused.body;
  EXPECT_NE(refused.message().find("train.csv"), std::string::npos);
  EXPECT_EQ(task_status("t", kFeature).body["msg"], "Created");
}

TEST_F(NodeTrainingTest, FreshStartForgetsTheRunBeforeAndAResumedOneKeepsIt) {
  create_training("t", kLabel);
  const std::string first =
      "write checkpoint/1 c\nwrite model/model.json {}\nwrite predictions.csv p\nstart-record auc\nrecord "
      "1,10,0.5,0.7\n"
      "fail lost\nexit 1\n";
  ASSERT_EQ(run("t", kLabel, first, "Failed")["reason"], "lost");
  const auto folder = task_folder("t", kLabel);

  run("t", kLabel, "fail again\nexit 1\n", "Failed", "b2", "&resume=true");
  EXPECT_TRUE(node_block("t", kLabel)["resume"]);
  for (const char* kept : {"checkpoint/1", "model/model.json", "record.csv"})
    EXPECT_TRUE(fs::exists(folder / kept)) << kept;

  run("t", kLabel, "fail again\nexit 1\n", "Failed", "b3");
  EXPECT_FALSE(node_block("t", kLabel)["resume"]);
  for (const char* gone : {"checkpoint", "model", "record.csv", "predictions.csv"}) {
    EXPECT_FALSE(fs::exists(folder / gone)) << gone;
  }
}

TEST_F(NodeTrainingTest, OnlyATrainingWithCheckpointsIsResumed) {
  create_training("t", kLabel, {{"checkpoint_per_batches", 0}});
  const auto refused = post("/startTask?" + query("t", kLabel) + "&run_id=b1&resume=true");
  EXPECT_EQ(refused.status, 409) << refused.body;
  EXPECT_NE(refused.message().find("checkpoint_per_batches 0"), std::string::npos);
  create("a", 1);
  const auto alignment = post("/startTask?" + query("a", 1) + "&check=true&resume=true");
  EXPECT_EQ(alignment.status, 409) << alignment.body;
  EXPECT_EQ(task_status("a", 1).body["msg"], "Created");
}

TEST_F(NodeTrainingTest, BatchesAndRecordAreToldWhileItRunsAndAfterwards) {
  create_training("t", kLabel);
  script("t", kLabel,
         "batches 5\nstart-record auc\nrecord 0.5,10,0.5,0.625\nrecord 1,20,0.25,nan\nbatches 21\nwait "
         "gate\nfinish\n");
  auto events = follow();
  ASSERT_EQ(start("t", kLabel).status, 200);
  const auto told = events->await([](const std::string& event, const json& status) {
    return event == "client" && status["n_batches"] == 21;
  });
  ASSERT_TRUE(told.has_value());
  EXPECT_EQ((*told)["record"], json({{"columns", {"time", "n_batches", "loss", "auc"}},
                                     {"rows", 2},
                                     {"latest", {1, 20, 0.25, nullptr}}}));

  const std::string question = "/monitor?query=record&" + query("t", kLabel);
  const auto live = get(question);
  EXPECT_EQ(live.body["msg"], json::parse("[[0.5,10,0.5,0.625],[1,20,0.25,null]]"));
  EXPECT_EQ(live.body["columns"], json({"time", "n_batches", "loss", "auc"}));
  EXPECT_EQ(live.body["total"], 2);
  EXPECT_EQ(get(question + "&from=1").body["msg"].size(), 1u);
  EXPECT_EQ(get(question + "&from=1").body["first"], 1);
  EXPECT_EQ(get(question + "&from=-1").status, 400);

  open_gate("t", kLabel, "gate");
  const auto ended = events->await_state("t", kLabel, "Finished");
  ASSERT_TRUE(ended.has_value());
  EXPECT_EQ((*ended)["n_batches"], 21);
  EXPECT_EQ((*ended)["record"]["rows"], 2);
  kill_node();
  start_node();
  EXPECT_EQ(task_status("t", kLabel).body["client"]["n_batches"], 21) << "node.db keeps it";
  EXPECT_EQ(get(question).body["msg"].size(), 2u);
}

TEST_F(NodeTrainingTest, ATaskWithoutARecordHasAnEmptyOne) {
  create("a", 1);
  const auto answer = get("/monitor?query=record&" + query("a", 1));
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body["msg"], json::array());
}

TEST_F(NodeTrainingTest, ADataSetInUseIsNeitherReplacedNorRemoved) {
  // An alignment leaves a data set, which a training reads.
  create("a", 1);
  auto events = follow();
  ASSERT_EQ(start("a", 1).status, 200);
  ASSERT_TRUE(events->await_state("a", 1, "Finished"));
  fs::remove_all(data() / "datasets/a/out1");
  write_dataset("a/out1", kAlignment);
  auto body = training("t", kFeature);
  body["client_config"]["data_path"] = "a/out1";
  ASSERT_EQ(prepare_training("t", kFeature, body).status, 200);
  ASSERT_EQ(commit("t", kFeature).status, 200);
  script("t", kFeature, "report train 0 0\npause\n");
  ASSERT_EQ(start("t", kFeature).status, 200);
  ASSERT_TRUE(events->await_state("t", kFeature, "Running"));

  const auto expect_held = [&] {
    for (const char* how : {"&datasets=true&check=true", "&datasets=true"}) {
      const auto removal = post("/deleteTask?" + query("a", 1) + how);
      EXPECT_EQ(removal.status, 409) << how << removal.body;
      EXPECT_NE(removal.message().find("is being used by task 't' client 2"), std::string::npos)
          << removal.body;
    }
    auto overwriting = preparation("a2", 1, "a2");
    overwriting["client_config"]["out_data_path"] = "a/out1";
    overwriting["client_config"]["overwrite"] = true;
    const auto refused = post("/createTask?" + query("a2", 1) + "&step=prepare", overwriting);
    EXPECT_EQ(refused.status, 409) << refused.body;
    EXPECT_NE(refused.message().find("is being used by task 't' client 2"), std::string::npos)
        << refused.body;
  };
  expect_held();
  EXPECT_EQ(task_status("a", 1).status, 200) << "nothing of the deletion was begun";
  kill_node();
  start_node("stop_grace_s = 0.3\n");
  expect_held();

  ASSERT_EQ(stop("t", kFeature).status, 200);
  EXPECT_EQ(remove("a", 1, true).status, 200);
  EXPECT_FALSE(fs::exists(data() / "datasets/a/out1"));
}

TEST_F(NodeTrainingTest, ATrainingWaitsForWhoeverWritesItsDataSet) {
  auto body = training("t", kFeature);
  ASSERT_EQ(prepare_training("t", kFeature, body).status, 200);
  ASSERT_EQ(commit("t", kFeature).status, 200);
  auto overwriting = preparation("a", 1);
  overwriting["client_config"]["out_data_path"] = "f";
  overwriting["client_config"]["overwrite"] = true;
  ASSERT_EQ(post("/createTask?" + query("a", 1) + "&step=prepare", overwriting).status, 200);
  const auto refused = start("t", kFeature);
  EXPECT_EQ(refused.status, 409) << refused.body;
  EXPECT_NE(refused.message().find("about to be, by task 'a' client 1"), std::string::npos);
}

TEST_F(NodeTrainingTest, APredictionFindsItsModel) {
  const json predict = {{"mode", "predict"}, {"model_task", "train"}};
  const auto refused = prepare_training("p", kFeature, training("p", kFeature, predict));
  EXPECT_EQ(refused.status, 400) << refused.body;
  EXPECT_NE(refused.message().find("has no client of task 'train' as feature_client"), std::string::npos);
  EXPECT_EQ(refused.body["error"]["details"][0]["path"], "clients[0].client_config.model_task");

  create_training("train", kFeature);
  run("train", kFeature, "write model/model.json {}\nfinish\n", "Finished");
  create_training("p", kFeature, predict);
  run("p", kFeature, "finish\n", "Finished");
  EXPECT_EQ(node_block("p", kFeature)["model_folder"], (task_folder("train", kFeature) / "model").string());
  EXPECT_EQ(node_block("train", kFeature)["model_folder"], "");
  create_training("p", kMain, predict);
  run("p", kMain, "finish\n", "Finished");
  EXPECT_EQ(node_block("p", kMain)["model_folder"], "");
}

TEST_F(NodeTrainingTest, RetentionKeepsModelsUnlessToldOtherwiseAndAlwaysThoseThatAreWanted) {
  for (const std::string task : {"good", "wanted", "failed"}) {
    create_training(task, kFeature);
    run(task, kFeature, "write model/model.json {}\n" + std::string(task == "good" ? "finish\n" : "fail lost\n"), task == "good" ? "Finished" : "Failed");
  }
  create_training("scored", kFeature, {{"mode", "predict"}, {"model_task", "good"}});
  run("scored", kFeature, "finish\n", "Finished");
  create_training("waiting", kFeature, {{"mode", "predict"}, {"model_task", "wanted"}});
  const auto there = [&](const std::string& task) { return fs::exists(task_folder(task, kFeature)); };
  stop_node();
  for (const std::string task : {"good", "wanted", "failed", "scored"}) age(task, 100);
  start_node("[retention]\nended_days = 30\n");
  ASSERT_TRUE(await_removed(task_folder("failed", kFeature)));
  ASSERT_TRUE(await_removed(task_folder("scored", kFeature)));
  EXPECT_TRUE(there("good")) << "a training that finished";
  EXPECT_TRUE(there("wanted")) << "a prediction that did not end names it";
  EXPECT_TRUE(there("waiting"));
  stop_node();
  start_node("[retention]\nended_days = 30\nmodels = true\n");
  ASSERT_TRUE(await_removed(task_folder("good", kFeature)));
  EXPECT_TRUE(there("wanted"));
  EXPECT_TRUE(fs::exists(data() / "datasets/f/train.csv"));
}

}  // namespace
}  // namespace pai::test
