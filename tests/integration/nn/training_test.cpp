// Trainings on shares end with the parameters of the float twin, for every model, loss, optimizer and number of parties.
#include <cmath>
#include <random>

#include <gtest/gtest.h>

#include "integration/nn/plain_twin.h"
#include "integration/nn/training_run.h"

namespace pai::client::nn::test {
namespace {

using Json = nlohmann::json;

/// A made-up table: `features` columns, binary or numeric labels that depend on them.
struct Table {
  std::vector<std::vector<double>> x, y;
};

enum class Labels { kBinary, kClasses, kNumbers };

Table make_table(std::size_t rows, std::size_t features, Labels labels, std::uint32_t seed = 7) {
  std::mt19937 random(seed);
  std::normal_distribution<double> normal;
  std::uniform_real_distribution<double> uniform;
  std::vector<double> w(features);
  for (auto& value : w) value = normal(random);
  Table table;
  for (std::size_t i = 0; i < rows; ++i) {
    auto& x = table.x.emplace_back();
    double z = 0.3;
    for (std::size_t j = 0; j < features; ++j) {
      x.push_back(3 * normal(random) + static_cast<double>(j));
      z += w[j] * (x[j] - static_cast<double>(j)) / 3;
    }
    double y = z + 0.1 * normal(random);
    if (labels == Labels::kBinary) y = uniform(random) < 1 / (1 + std::exp(-z)) ? 1 : 0;
    if (labels == Labels::kClasses) y = z < -0.7 ? 0 : z < 0.7 ? 1 : 2;
    table.y.push_back({y});
  }
  return table;
}

struct Case {
  std::string name;
  Json main;
  Labels labels = Labels::kBinary;
  std::string loss = "logloss";
  Json metric = "auc_ks";
  std::vector<std::size_t> columns = {3, 2};  // of the feature clients
  double tolerance = 1e-3;
};

class TrainingAgrees : public testing::TestWithParam<Case> {};

TEST_P(TrainingAgrees, WithTheFloatTwin) {
  const auto& param = GetParam();
  std::size_t features = 0;
  for (const auto count : param.columns) features += count;
  const auto table = make_table(700, features, param.labels);
  auto parties = split_columns(table.x, table.y, param.columns);
  parties.back().settings = {{"loss", param.loss}, {"metric", param.metric}};
  auto settings = param.main;
  settings["max_iter"] = 60;
  settings["batch_size"] = 32;
  settings["test_per_batches"] = 30;
  settings["test_batch_size"] = 64;
  TrainingRun run(parties, 200, settings);
  run.run();
  ASSERT_TRUE(run.ok()) << run.messages();

  ModelShape shape{features, {}};
  const auto outputs = settings.value("out_dim", std::size_t{1});
  shape.widths.push_back(settings.value("in_dim", outputs));
  for (const auto& width : settings.value("layers", Json::array())) shape.widths.push_back(width.get<std::size_t>());
  TrainingRule rule;
  rule.loss = param.loss == "mse" ? Loss::kMse : Loss::kLogloss;
  rule.activation = settings.value("activation", "sigmoid") == "none" ? OutputActivation::kNone : OutputActivation::kSigmoid;
  rule.optimizer = settings.value("optimizer", "sgd") == "momentum" ? Optimizer::kMomentum : Optimizer::kSgd;
  rule.learning_rate = settings.value("learning_rate", 0.1);
  const auto twin = train_plain(parties, 200, shape, rule, 1, 32, 60, false);
  EXPECT_LT(largest_difference(twin, run.opened_model()), param.tolerance);

  const auto& record = run.reporter(run.label()).rows();
  ASSERT_EQ(record.size(), 2u) << run.reporter(run.label()).notes();
  EXPECT_EQ(record[1][1], 60);
  EXPECT_EQ(record[1].size(), 3 + run.reporter(run.label()).metrics().size());
  EXPECT_TRUE(std::isfinite(record[1][2]));
  EXPECT_EQ(run.reporter(0).batches(), 60u);
}

INSTANTIATE_TEST_SUITE_P(
    Cases, TrainingAgrees,
    testing::Values(
        Case{"Logistic", {{"learning_rate", 0.1}}},
        Case{"LogisticTwoDataClients", {{"learning_rate", 0.1}}, Labels::kBinary, "logloss", "auc", {5}},
        Case{"LogisticFourDataClients", {{"learning_rate", 0.1}}, Labels::kBinary, "logloss", "auc_ks", {1, 2, 1}},
        Case{"LogisticMomentum", {{"learning_rate", 0.02}, {"optimizer", "momentum"}}},
        Case{"LogisticSumOfLosses", {{"learning_rate", 0.1}}, Labels::kBinary, "logloss", "loss"},
        Case{"SquaredLoss", {{"learning_rate", 0.5}}, Labels::kBinary, "mse", "auc_ks"},
        Case{"SquaredSumOfLosses", {{"learning_rate", 0.5}}, Labels::kBinary, "mse", "loss"},
        Case{"Classes", {{"learning_rate", 0.1}, {"out_dim", 3}}, Labels::kClasses, "logloss", Json::array({"acc", "auc"})},
        Case{"LinearRegression", {{"learning_rate", 0.05}, {"activation", "none"}}, Labels::kNumbers, "mse", "loss"},
        Case{"Network", {{"in_dim", 8}, {"layers", {1}}, {"learning_rate", 0.2}}, Labels::kBinary, "logloss", "auc_ks", {3, 2}, 3e-3},
        Case{"NetworkSquaredLoss", {{"in_dim", 6}, {"layers", {1}}, {"learning_rate", 0.3}}, Labels::kBinary, "mse", "acc", {3, 2}, 3e-3},
        Case{"DeepNetworkMomentum",
             {{"in_dim", 8}, {"layers", {6, 3}}, {"out_dim", 3}, {"learning_rate", 0.05}, {"optimizer", "momentum"}},
             Labels::kClasses, "logloss", "acc", {3, 2}, 5e-3}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace pai::client::nn::test
