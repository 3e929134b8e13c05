// Training and prediction by the real programs, over HTTP, on the real credit data: what it reaches, what it leaves at whom, and what happens
// when a party dies in the middle.

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>

#include <cmath>

#include "support/credit.h"
#include "support/tables.h"

namespace pai::test {
namespace {

using nlohmann::json;
using std::chrono::seconds;
using std::chrono::steady_clock;

std::filesystem::path task_folder(Cluster& cluster, const std::string& task, int client) {
  const int node = client <= kDealerClient ? 0 : client - 1;
  return cluster.node_folder(node) / "tasks" / (task + "-" + std::to_string(client));
}

/// Long enough to be caught in the middle.
const json kLong{{"batch_size", 64}, {"max_iter", 1000000}, {"test_per_batches", 50}, {"checkpoint_per_batches", 20}};

void start(Cluster& cluster, const json& document) {
  const std::string name = document.at("task_name");
  const auto created = cluster.post("/createTask", document);
  ASSERT_EQ(created.status, 200) << created.body;
  const auto started = cluster.post("/startTask?task_name=" + name);
  ASSERT_EQ(started.status, 200) << started.body;
}

/// Waits until main has done some batches.
void await_batches(Cluster& cluster, const std::string& task, std::int64_t batches) {
  cluster.await(task, [&](const json& status) {
    const auto& progress = status.at("clients").at(0).value("progress", json());
    return status.value("msg", "") != "Running" || (progress.is_object() && status.at("clients").at(0).value("phase", "") == "train" &&
                                                    progress.value("done", std::int64_t{0}) >= batches);
  });
}

json record_of(Cluster& cluster, const std::string& task) {
  return cluster.get("/queryRecord?task_name=" + task).document.at("msg");
}

TEST(Training, ReachesThePlainModelsAccuracyOnTheCreditDataAndPredictsAfterRestarts) {
  Cluster cluster({.nodes = 4});
  align_credit_data(cluster);
  cluster.run(credit_training(cluster, "logistic",
                              {{"batch_size", 256}, {"epochs", 3}, {"learning_rate", 0.1}, {"test_per_batches", 100}},
                              {{"loss", "logloss"}, {"metric", "auc_ks"}}));
  const auto record = record_of(cluster, "logistic");
  ASSERT_EQ(record.size(), 3u) << record.dump();
  const auto& last = record.back();
  ASSERT_EQ(last.size(), 5u);
  EXPECT_GT(last.at(3).get<double>(), 0.685) << "AUC";
  EXPECT_GT(last.at(4).get<double>(), 0.33) << "KS";
  const auto batches = last.at(1).get<std::int64_t>();
  EXPECT_EQ(batches % 3, 0);

  for (const int client : {2, 3, kLabelClient}) {
    for (const char* name : {"model.json", "weights.safetensors"}) {
      const auto file = task_folder(cluster, "logistic", client) / "model" / name;
      struct stat status {};
      ASSERT_EQ(::stat(file.c_str(), &status), 0) << file;
      EXPECT_EQ(status.st_mode & 0777, 0600u) << file;
    }
  }
  EXPECT_FALSE(std::filesystem::exists(task_folder(cluster, "logistic", 0) / "model"));
  EXPECT_FALSE(std::filesystem::exists(task_folder(cluster, "logistic", kDealerClient) / "model"));

  // Every daemon anew, then the model is used.
  cluster.master().kill();
  for (int node = 0; node < 4; ++node) cluster.node(node).kill();
  for (int node = 0; node < 4; ++node) cluster.start_node(node);
  cluster.start_master();
  cluster.run(credit_training(cluster, "scores", {{"mode", "predict"}, {"model_task", "logistic"}}));
  const auto predictions = read_csv(task_folder(cluster, "scores", kLabelClient) / "predictions.csv");
  const auto aligned = read_aligned(cluster.dataset(3, "l"), "credit_default_label");
  ASSERT_EQ(predictions.size(), aligned.ids.size() + 1);
  EXPECT_EQ(predictions[0].back(), "score");
  double right = 0;
  for (std::size_t row = 0; row < aligned.ids.size(); ++row) {
    ASSERT_EQ(predictions[row + 1][0], aligned.ids[row]);
    const double score = std::stod(predictions[row + 1][1]);
    ASSERT_GE(score, 0);
    ASSERT_LE(score, 1);
    right += (score >= 0.5) == (std::stod(aligned.values[row][0]) >= 0.5);
  }
  EXPECT_GT(right / static_cast<double>(aligned.ids.size()), 0.79);
  EXPECT_GT(auc_of_all_rows(cluster, "scores"), 0.71);
  for (const int client : {0, kDealerClient, 2, 3}) {
    EXPECT_FALSE(std::filesystem::exists(task_folder(cluster, "scores", client) / "predictions.csv")) << client;
  }
}

TEST(Training, RunsTheReferenceNetworkWithTheSquaredLoss) {
  Cluster cluster({.nodes = 4});
  align_credit_data(cluster);
  cluster.run(credit_training(cluster, "network",
                              {{"in_dim", 64}, {"layers", {1}}, {"out_dim", 1}, {"max_iter", 60}, {"test_per_batches", 30}},
                              {{"loss", "mse"}, {"metric", "auc_ks"}}));
  EXPECT_EQ(record_of(cluster, "network").size(), 2u);
}

TEST(Training, OfSecuritySplitWorksAndSaysSoInItsModel) {
  Cluster cluster({.nodes = 4});
  align_credit_data(cluster);
  cluster.run(credit_training(cluster, "split",
                              {{"security", "split"}, {"in_dim", 16}, {"layers", {8, 1}}, {"max_iter", 120}, {"test_per_batches", 60}}));
  EXPECT_EQ(record_of(cluster, "split").size(), 2u);
  EXPECT_EQ(json::parse(read_text(task_folder(cluster, "split", kLabelClient) / "model" / "model.json")).at("security"), "split");
}

TEST(Training, OfDataSetsFromDifferentAlignmentsIsRefusedNamingWhoHasWhich) {
  Cluster cluster({.nodes = 4});
  align_credit_data(cluster);
  const auto mixed = credit_training(cluster, "mixed", {{"max_iter", 10}});
  // The first feature party's set comes from another alignment now.
  const auto file = cluster.dataset(1, "f1") / "dataset.json";
  auto described = json::parse(read_text(file));
  described["alignment_id"] = std::string(64, 'e');
  write_text(file, described.dump());
  const auto refused = cluster.post("/createTask", mixed);
  EXPECT_EQ(refused.status, 409) << refused.body;
  EXPECT_NE(refused.body.find("eeeeeeee"), std::string::npos) << refused.body;
  EXPECT_EQ(cluster.status("mixed"), "NotExist");
  for (int node = 0; node < 4; ++node) {
    std::error_code none;
    for (const auto& entry : std::filesystem::directory_iterator(cluster.node_folder(node) / "tasks", none)) {
      EXPECT_EQ(entry.path().filename().string().rfind("mixed", 0), std::string::npos) << entry.path();
    }
  }
}

TEST(Training, FailsNamingThePartyThatDiedAndGoesOnFromTheCheckpoint) {
  Cluster cluster({.nodes = 4});
  align_credit_data(cluster);
  auto settings = kLong;
  settings["max_iter"] = 5000;
  start(cluster, credit_training(cluster, "killed", settings));
  await_batches(cluster, "killed", 100);
  ::kill(cluster.client_pid("killed", kFirstFeatureClient, 1), SIGKILL);
  const auto killed = steady_clock::now();
  ASSERT_EQ(cluster.await_end("killed", seconds(20)), "Failed");
  EXPECT_LT(steady_clock::now() - killed, seconds(3));
  const std::string cause = cluster.full_status("killed").at("cause");
  EXPECT_NE(cause.find("client 2"), std::string::npos) << cause;
  EXPECT_NE(cause.find("signal 9"), std::string::npos) << cause;

  const auto before = record_of(cluster, "killed");
  const auto retried = cluster.post("/retryTask?task_name=killed&resume=true");
  ASSERT_EQ(retried.status, 200) << retried.body;
  ASSERT_EQ(cluster.post("/startTask?task_name=killed").status, 200);
  EXPECT_EQ(cluster.await_end("killed", seconds(120)), "Finished") << cluster.full_status("killed").dump(1);
  const auto log = cluster.client_log("killed", 0, 0);
  EXPECT_NE(log.find("training resumed"), std::string::npos) << log;
  const auto record = record_of(cluster, "killed");
  EXPECT_EQ(record.back().at(1), 5000);
  EXPECT_GE(record.size(), before.size());
  for (std::size_t i = 1; i < record.size(); ++i) {
    EXPECT_LT(record[i - 1].at(1), record[i].at(1));
    EXPECT_LT(record[i - 1].at(0), record[i].at(0));
  }
}

TEST(Training, EndsWhoeverDies) {
  Cluster cluster({.nodes = 4});
  align_credit_data(cluster);
  for (const int victim : {0, kDealerClient, kLabelClient}) {
    const auto name = "victim" + std::to_string(victim);
    start(cluster, credit_training(cluster, name, kLong));
    await_batches(cluster, name, 30);
    ::kill(cluster.client_pid(name, victim, victim <= kDealerClient ? 0 : 3), SIGKILL);
    ASSERT_EQ(cluster.await_end(name, seconds(20)), "Failed");
    const std::string cause = cluster.full_status(name).at("cause");
    EXPECT_NE(cause.find("client " + std::to_string(victim)), std::string::npos) << cause;
    EXPECT_TRUE(processes_with(name + "-").empty());
  }
}

TEST(Training, StopsWhenAskedAndAnswersLiveQuestions) {
  Cluster cluster({.nodes = 4});
  align_credit_data(cluster);
  start(cluster, credit_training(cluster, "stopped", kLong));
  await_batches(cluster, "stopped", 60);
  const auto batches = cluster.get("/queryTask?task_name=stopped&query=n_batches&client=-1");
  EXPECT_EQ(batches.status, 200) << batches.body;
  EXPECT_GE(batches.document.at("msg").get<std::int64_t>(), 30) << batches.body;
  EXPECT_FALSE(record_of(cluster, "stopped").empty());
  EXPECT_EQ(cluster.post("/stopTask?task_name=stopped").status, 200);
  EXPECT_EQ(cluster.await_end("stopped", seconds(20)), "Stopped");
}

TEST(Training, OfADataSetWithTextIsAnErrorWithFileLineAndColumnAtItsOwner) {
  Cluster cluster({.nodes = 4});
  align_credit_data(cluster);
  // Same size, so that dataset.json still fits: a digit becomes a letter.
  const auto file = cluster.dataset(2, "f2") / "train.csv";
  auto text = read_text(file);
  const auto line = text.find('\n') + 1;
  text[line] = 'x';
  write_text(file, text);
  start(cluster, credit_training(cluster, "text", {{"max_iter", 10}}));
  EXPECT_EQ(cluster.await_end("text", seconds(20)), "Failed");
  const std::string cause = cluster.full_status("text").at("cause");
  EXPECT_NE(cause.find("client 3"), std::string::npos) << cause;
  EXPECT_NE(cause.find("line 2"), std::string::npos) << cause;
  EXPECT_NE(cause.find("X12"), std::string::npos) << cause;
}

/// By the trapezoids between its points.
double area(const json& curve) {
  double sum = 0;
  for (std::size_t i = 1; i < curve.at("fpr").size(); ++i) {
    sum += (curve["fpr"][i].get<double>() - curve["fpr"][i - 1].get<double>()) * (curve["tpr"][i].get<double>() + curve["tpr"][i - 1].get<double>()) / 2;
  }
  return sum;
}

TEST(Training, ACurveIsReportedWhereTheLabelClientAsksForItAndNowhereElse) {
  Cluster cluster({.nodes = 4});
  align_credit_data(cluster);
  const auto roc_of = [&](const std::string& task, int client) {
    const auto answer = cluster.get("/queryTask?query=roc&task_name=" + task + "&client=" + std::to_string(client));
    EXPECT_EQ(answer.status, 200) << answer.body;
    return answer.document.at("msg");
  };
  cluster.run(credit_training(cluster, "curve", {{"batch_size", 256}, {"max_iter", 150}, {"test_per_batches", 100}}, {{"report_roc", true}}));
  auto boosting = credit_boosting(cluster, "boosted-curve", {{"config", {{"max_iteration", 2}, {"max_depth", 2}, {"n_bins", 8}}}});
  boosting["clients"][kLabelClient]["client_config"]["report_roc"] = true;
  cluster.run(boosting);
  for (const auto& [task, batches] : std::vector<std::pair<std::string, int>>{{"curve", 150}, {"boosted-curve", 2}}) {
    const auto roc = roc_of(task, kLabelClient);
    ASSERT_TRUE(roc.is_object()) << roc.dump();
    EXPECT_EQ(roc.at("batches"), batches);
    ASSERT_EQ(roc.at("curves").size(), 1u);
    EXPECT_EQ(roc["curves"][0].at("fpr").size(), 101u);
    EXPECT_NEAR(area(roc["curves"][0]), record_of(cluster, task).back().at(3).get<double>(), 0.01) << task;
    for (const int client : {0, 1, 2, 3}) EXPECT_TRUE(roc_of(task, client).is_null());
  }
  cluster.run(credit_training(cluster, "none", {{"batch_size", 256}, {"max_iter", 50}}));
  EXPECT_TRUE(roc_of("none", kLabelClient).is_null());
  EXPECT_FALSE(std::filesystem::exists(task_folder(cluster, "none", kLabelClient) / "roc.json"));

  // The owner of the labels takes the word back.
  auto policy = read_text(cluster.policy_file(3));
  policy.replace(policy.find("reveals = [\"gain\", \"roc\"]"), 25, "reveals = [\"gain\"]");
  write_text(cluster.policy_file(3), policy);
  Answer refused;
  const auto give_up = steady_clock::now() + seconds(20);
  do {
    refused = cluster.post("/checkTask", credit_training(cluster, "again", {{"max_iter", 50}}, {{"report_roc", true}}));
  } while (refused.status == 200 && steady_clock::now() < give_up);
  EXPECT_EQ(refused.status, 502) << refused.body;
  EXPECT_NE(refused.body.find("\\\"roc\\\" is not granted"), std::string::npos) << refused.body;
  EXPECT_NE(refused.body.find("--reveals roc"), std::string::npos) << refused.body;
}

}  // namespace
}  // namespace pai::test
