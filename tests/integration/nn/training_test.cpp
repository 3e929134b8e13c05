// Trainings on shares end with the parameters of the float twin, for every model, loss, optimizer, level and
// number of parties.
#include <cmath>
#include <random>

#include <gtest/gtest.h>

#include "client/nn/core/metrics.h"
#include "integration/nn/plain_twin.h"
#include "integration/nn/tables.h"

namespace pai::client::nn::test {
namespace {

using Json = nlohmann::json;

struct Case {
  std::string name;
  Json main;
  Labels labels = Labels::kBinary;
  Json label = Json::object();
  std::vector<std::size_t> columns = {3, 2};  // of the feature clients
  double tolerance = 1e-3;
  Json feature = Json::object();
  bool exact = false;  // the true sigmoid
  int label_place = -1;
};

void PrintTo(const Case& param, std::ostream* out) {
  *out << param.name;
}

Json or_empty(const Json& settings) {
  return settings.is_null() ? Json::object() : settings;
}

class TrainingAgrees : public testing::TestWithParam<Case> {};

constexpr std::size_t kRows = 700, kTestRows = 200;
constexpr std::uint64_t kBatches = 60;

TEST_P(TrainingAgrees, WithTheFloatTwin) {
  const auto& param = GetParam();
  auto parties = make_parties(kRows, param.columns, param.labels, or_empty(param.label));
  for (std::size_t p = 0; p + 1 < parties.size(); ++p) parties[p].settings = or_empty(param.feature);
  Json settings = {
      {"max_iter", kBatches}, {"batch_size", 32}, {"test_per_batches", 30}, {"test_batch_size", 64}};
  settings.update(or_empty(param.main));
  TrainingRun run(parties, kTestRows, settings, param.label_place);
  run.run();
  ASSERT_TRUE(run.ok()) << run.messages();

  PlainTwin twin(parties, kTestRows, settings, param.exact);
  twin.train(kBatches);
  EXPECT_LT(largest_difference(twin.network(), run.opened_model()), param.tolerance);

  const auto& reporter = run.reporter(run.label());
  ASSERT_EQ(reporter.rows().size(), 2u) << reporter.notes();
  const auto& last = reporter.rows()[1];
  EXPECT_EQ(last[1], kBatches);
  ASSERT_EQ(last.size(), 3 + reporter.metrics().size());
  const auto logits = twin.test_logits();
  const auto targets = twin.test_targets();
  const ScoredRows rows{logits, targets, twin.scheme().outputs(), ScoredRows::Scale::kLogit};
  for (std::size_t i = 0; i < reporter.metrics().size(); ++i) {
    const auto& metric = reporter.metrics()[i];
    if (metric == "auc") {
      EXPECT_NEAR(last[3 + i], rank_macro(rows).auc, 0.003);
    } else if (metric == "ks") {
      EXPECT_NEAR(last[3 + i], rank_macro(rows).ks, 0.011);  // one row of a class weighs 0.01
    } else if (metric == "acc") {
      EXPECT_NEAR(last[3 + i], accuracy(rows), 0.011);
    }
  }
  if (twin.scheme().is_regression()) {
    double sum = 0;
    for (std::size_t i = 0; i < logits.size(); ++i)
      sum += (logits[i] - targets[i]) * (logits[i] - targets[i]);
    const auto report = regression_report({sum, std::nullopt}, targets, twin.scheme().deviations());
    EXPECT_NEAR(last[2], report.mse, 1e-3 * report.mse + 2e-3);
    EXPECT_NEAR(last[4], report.r2, 2e-3);
  } else {
    const auto loss =
        loss_of(or_empty(param.label).value("loss", "logloss") == "mse" ? Loss::kMse : Loss::kLogloss, rows);
    EXPECT_NEAR(last[2], loss, 5e-3);
  }
  for (int client = 0; client < run.clients(); ++client)
    EXPECT_EQ(run.reporter(client).batches(), kBatches) << client;
}

const Json kMse = {{"loss", "mse"}}, kLossOnly = {{"metric", "loss"}},
           kAccuracy = {{"metric", {"acc", "auc"}}};

std::string name_of(const testing::TestParamInfo<Case>& info) {
  return info.param.name;
}

INSTANTIATE_TEST_SUITE_P(
    Linear, TrainingAgrees,
    testing::Values(
        Case{"Logistic", {{"learning_rate", 0.1}}},
        Case{"TwoDataClients", {}, Labels::kBinary, {{"metric", "auc"}}, {5}},
        Case{"FourDataClients", {}, Labels::kBinary, {}, {1, 2, 1}},
        Case{"FiveDataClients", {}, Labels::kBinary, {}, {1, 1, 1, 1}},
        Case{"LabelClientFirst", {}, Labels::kBinary, {}, {2, 3}, 1e-3, {}, false, 0},
        Case{"LabelClientBetween", {{"learning_rate", 0.2}}, Labels::kBinary, {}, {2, 3}, 1e-3, {}, false, 1},
        Case{"Momentum", {{"learning_rate", 0.02}, {"optimizer", "momentum"}}},
        Case{"SumOfLosses", {}, Labels::kBinary, kLossOnly},
        Case{"SquaredLoss", {{"learning_rate", 0.5}}, Labels::kBinary, kMse},
        Case{"SquaredSumOfLosses",
             {{"learning_rate", 0.5}},
             Labels::kBinary,
             {{"loss", "mse"}, {"metric", "loss"}}},
        Case{"Classes", {{"out_dim", 3}}, Labels::kClasses, kAccuracy},
        Case{"ClassesSumOfLosses", {{"out_dim", 3}}, Labels::kClasses, kLossOnly},
        Case{"OneHotClasses", {{"out_dim", 3}}, Labels::kOneHot, kAccuracy},
        Case{"SmallRate", {{"learning_rate", 1e-4}}}, Case{"LargeRate", {{"learning_rate", 1.0}}},
        Case{"BatchOfOne", {{"batch_size", 1}}}, Case{"NoDecay", {{"l2", 0.0}}},
        Case{"StrongDecay", {{"l2", 0.1}}},
        Case{
            "Minmax", {{"learning_rate", 0.5}}, Labels::kBinary, {}, {3, 2}, 1e-3, {{"normalize", "minmax"}}},
        Case{"OtherSeed", {{"seed", 77}}},
        Case{"Regression",
             {{"learning_rate", 0.05}, {"activation", "none"}},
             Labels::kNumbers,
             {{"loss", "mse"}, {"metric", "loss"}}},
        Case{"RegressionDefaultMetric",
             {{"learning_rate", 0.05}, {"activation", "none"}},
             Labels::kNumbers,
             kMse},
        Case{"RegressionMomentum",
             {{"learning_rate", 0.01}, {"activation", "none"}, {"optimizer", "momentum"}},
             Labels::kNumbers,
             kMse},
        Case{"RegressionOfTwo",
             {{"learning_rate", 0.05}, {"activation", "none"}, {"out_dim", 2}},
             Labels::kTwoNumbers,
             kMse}),
    name_of);

INSTANTIATE_TEST_SUITE_P(
    Network, TrainingAgrees,
    testing::Values(
        Case{"Logistic",
             {{"in_dim", 8}, {"layers", {1}}, {"learning_rate", 0.2}},
             Labels::kBinary,
             {},
             {3, 2},
             3e-3},
        Case{"SquaredLoss",
             {{"in_dim", 6}, {"layers", {1}}, {"learning_rate", 0.3}},
             Labels::kBinary,
             {{"loss", "mse"}, {"metric", "acc"}},
             {3, 2},
             3e-3},
        Case{"SumOfLosses", {{"in_dim", 4}, {"layers", {1}}}, Labels::kBinary, kLossOnly, {3, 2}, 3e-3},
        Case{"Wide",
             {{"in_dim", 64}, {"layers", {32, 1}}, {"learning_rate", 0.1}},
             Labels::kBinary,
             {},
             {3, 2},
             5e-3},
        Case{"DeepMomentum",
             {{"in_dim", 8},
              {"layers", {6, 3}},
              {"out_dim", 3},
              {"learning_rate", 0.05},
              {"optimizer", "momentum"}},
             Labels::kClasses,
             {{"metric", "acc"}},
             {3, 2},
             5e-3}),
    name_of);

INSTANTIATE_TEST_SUITE_P(
    Split, TrainingAgrees,
    testing::Values(
        Case{"Linear", {{"security", "split"}}, Labels::kBinary, {}, {3, 2}, 1e-4, {}, true},
        Case{"TwoDataClients", {{"security", "split"}}, Labels::kBinary, kLossOnly, {4}, 1e-4, {}, true},
        Case{"LinearSquaredLoss",
             {{"security", "split"}, {"learning_rate", 0.5}},
             Labels::kBinary,
             kMse,
             {3, 2},
             1e-4,
             {},
             true},
        Case{"Classes",
             {{"security", "split"}, {"out_dim", 3}},
             Labels::kClasses,
             kAccuracy,
             {2, 1, 2},
             1e-4,
             {},
             true},
        Case{"Network",
             {{"security", "split"}, {"in_dim", 16}, {"layers", {8, 1}}},
             Labels::kBinary,
             {},
             {3, 2},
             1e-3,
             {},
             true},
        Case{"NetworkMomentum",
             {{"security", "split"},
              {"in_dim", 8},
              {"layers", {1}},
              {"learning_rate", 0.05},
              {"optimizer", "momentum"}},
             Labels::kBinary,
             kMse,
             {3, 2},
             1e-3,
             {},
             true,
             0},
        Case{"NetworkOfClasses",
             {{"security", "split"}, {"in_dim", 8}, {"layers", {3}}, {"out_dim", 3}},
             Labels::kOneHot,
             kAccuracy,
             {3, 2},
             1e-3,
             {},
             true},
        Case{"Regression",
             {{"security", "split"}, {"activation", "none"}, {"learning_rate", 0.05}, {"batch_size", 64}},
             Labels::kNumbers,
             kMse,
             {3, 2},
             1e-4,
             {},
             true}),
    name_of);

/// Parties, rows to test and settings; checks the parameters after `batches`.
void expect_agreement(const std::vector<PartyData>& parties, std::size_t test_rows, const Json& settings,
                      std::uint64_t batches) {
  TrainingRun run(parties, test_rows, settings);
  run.run();
  ASSERT_TRUE(run.ok()) << run.messages();
  PlainTwin twin(parties, test_rows, settings);
  twin.train(batches);
  EXPECT_LT(largest_difference(twin.network(), run.opened_model()), 1e-3);
  EXPECT_EQ(run.reporter(0).batches(), batches);
}

TEST(Training, TakesBatchesLargerThanTheSetAsTheWholeSet) {
  const auto parties = make_parties(150, {2, 1}, Labels::kBinary, kLossOnly);
  expect_agreement(parties, 50, {{"batch_size", 4096}, {"max_iter", 20}}, 20);
}

TEST(Training, TakesEpochsOfWholeBatches) {
  const auto parties = make_parties(150, {2, 1}, Labels::kBinary, kLossOnly);
  expect_agreement(parties, 50, {{"batch_size", 32}, {"epochs", 4}}, 4 * (100 / 32));
}

TEST(Training, TakesNormalisedFeaturesAsTheyAre) {
  auto parties = make_parties(150, {2, 1}, Labels::kBinary, kLossOnly);
  for (std::size_t p = 0; p + 1 < parties.size(); ++p) {
    parties[p].settings = {{"normalize", "none"}};
    for (auto& row : parties[p].rows) {
      for (auto& value : row) value = std::clamp(value / 4, -6.0, 6.0);
    }
  }
  expect_agreement(parties, 50, {{"batch_size", 32}, {"max_iter", 20}}, 20);
}

TEST(Training, NeedsNoTestRows) {
  for (const auto* level : {"full", "split"}) {
    const auto parties = make_parties(150, {2, 1}, Labels::kBinary);
    TrainingRun run(parties, 0, {{"batch_size", 32}, {"max_iter", 20}, {"security", level}});
    run.run();
    ASSERT_TRUE(run.ok()) << run.messages();
    EXPECT_TRUE(run.reporter(run.label()).rows().empty());
    EXPECT_NE(run.reporter(run.label()).notes().find("warning the data set has no test rows"),
              std::string::npos);
    PlainTwin twin(parties, 0, {{"batch_size", 32}}, level == std::string("split"));
    twin.train(20);
    EXPECT_LT(largest_difference(twin.network(), run.opened_model()), 1e-3);
  }
}

TEST(Training, EvaluatesAtTheEndOnlyWhenAskedTo) {
  TrainingRun run(make_parties(150, {2, 1}, Labels::kBinary, kLossOnly), 50,
                  {{"max_iter", 5}, {"test_per_batches", 0}});
  run.run();
  ASSERT_TRUE(run.ok()) << run.messages();
  ASSERT_EQ(run.reporter(run.label()).rows().size(), 1u);
  EXPECT_EQ(run.reporter(run.label()).rows()[0][1], 5);
}

/// Like digits: ten classes, each around a point of its own, one against the rest.
TEST(Training, TellsTenClassesApart) {
  std::mt19937 random(11);
  std::normal_distribution<double> normal;
  constexpr std::size_t kPixels = 16;
  std::vector<std::vector<double>> centres(10, std::vector<double>(kPixels)), x, y;
  for (auto& centre : centres) {
    for (auto& value : centre) value = 2 * normal(random);
  }
  for (std::size_t i = 0; i < 900; ++i) {
    y.push_back({static_cast<double>(i % 10)});
    auto& row = x.emplace_back(centres[i % 10]);
    for (auto& value : row) value += normal(random);
  }
  auto parties = split_columns(x, y, {8, 8});
  parties.back().settings = {{"metric", {"acc", "auc"}}};
  for (const Json& network : {Json::object(), Json{{"in_dim", 16}, {"layers", {10}}}}) {
    Json settings = {{"batch_size", 100},
                     {"max_iter", 150},
                     {"out_dim", 10},
                     {"learning_rate", 1.0},
                     {"test_per_batches", 0}};
    settings.update(network);
    TrainingRun run(parties, 300, settings);
    run.run();
    ASSERT_TRUE(run.ok()) << run.messages();
    PlainTwin twin(parties, 300, settings, true);
    twin.train(150);
    const auto logits = twin.test_logits();
    const auto targets = twin.test_targets();
    const auto& last = run.reporter(run.label()).rows().back();
    EXPECT_NEAR(last[3], accuracy({logits, targets, 10, ScoredRows::Scale::kLogit}), 0.01);
    EXPECT_GT(last[3], 0.9);
    EXPECT_GT(last[4], 0.98);
  }
}

TEST(Training, WarnsOfAClassThatNoTrainingRowIsOf) {
  auto parties = make_parties(150, {2, 1}, Labels::kClasses, kLossOnly);
  TrainingRun run(parties, 50, {{"batch_size", 32}, {"max_iter", 3}, {"out_dim", 5}});
  run.run();
  ASSERT_TRUE(run.ok()) << run.messages();
  const auto notes = run.reporter(run.label()).notes();
  EXPECT_NE(notes.find("warning no training row is of class 3"), std::string::npos) << notes;
  EXPECT_NE(notes.find("warning no training row is of class 4"), std::string::npos) << notes;
}

/// Separable data drives the weights up without end; the series of the sigmoid turns round beyond 26, and
/// training must live with it.
TEST(Training, OnSeparableDataEndsWellAndWarns) {
  auto parties = make_parties(400, {2, 2}, Labels::kBinary);
  for (std::size_t i = 0; i < 400; ++i)
    parties.back().rows[i][0] = parties[0].rows[i][0] + parties[1].rows[i][1] > 3 ? 1 : 0;
  TrainingRun run(parties, 100,
                  {{"batch_size", 64},
                   {"max_iter", 600},
                   {"learning_rate", 10.0},
                   {"l2", 0.0},
                   {"test_per_batches", 100}});
  run.run();
  ASSERT_TRUE(run.ok()) << run.messages();
  const auto& reporter = run.reporter(run.label());
  EXPECT_NE(reporter.notes().find("warning scores beyond 24"), std::string::npos) << reporter.notes();
  EXPECT_GT(reporter.rows().back()[3], 0.95) << "AUC";
}

}  // namespace
}  // namespace pai::client::nn::test
