// Boosting by the real roles in one process against the same algorithm in double precision: every split of every tree, every leaf, the
// record, sampling, gamma, missing values, prediction, resuming, and what is refused.
#include <algorithm>
#include <cmath>
#include <fstream>
#include <random>
#include <tuple>

#include <gtest/gtest.h>

#include "client/boost/scores.h"
#include "client/nn/core/metrics.h"
#include "integration/boost/plain_boosting.h"
#include "integration/nn/tables.h"

namespace pai::client::boost::test {
namespace {

using nn::test::Labels;
using nn::test::make_parties;
using Json = nlohmann::json;

/// With some empty cells, in the way of their column or of the label.
std::vector<PartyData> parties_with_gaps(std::size_t rows, const std::vector<std::size_t>& counts, std::uint32_t seed = 7) {
  auto parties = make_parties(rows, counts, Labels::kBinary, Json::object(), seed);
  std::mt19937 random(seed);
  for (std::size_t p = 0; p + 1 < parties.size(); ++p) {
    for (std::size_t i = 0; i < rows; ++i) {
      const bool informative = parties.back().rows[i][0] > 0 && random() % 4 == 0;
      if (informative || random() % 20 == 0) parties[p].rows[i][0] = std::nan("");
    }
  }
  return parties;
}

struct Case {
  std::string name;
  std::vector<std::size_t> features;  // by feature client
  Json config;
  int label_place = -1;
  bool relaxed = false;
};
void PrintTo(const Case& param, std::ostream* out) { *out << param.name; }

PlainSettings plain(const Json& config) {
  PlainSettings settings;
  settings.learning_rate = config.value("learning_rate", settings.learning_rate);
  settings.lambda = config.value("reg_lambda", settings.lambda);
  settings.gamma = config.value("gamma", settings.gamma);
  settings.bins = config.value("n_bins", settings.bins);
  settings.depth = config.value("max_depth", settings.depth);
  settings.child_weight_min = config.value("min_child_weight", settings.child_weight_min);
  settings.squared = config.value("objective", "binary") == "regression";
  return settings;
}

class Boosting : public testing::TestWithParam<Case> {};

TEST_P(Boosting, EveryTreeIsWhatTheSameAlgorithmInFloatsMakes) {
  constexpr std::size_t kRows = 500, kTestRows = 120;
  const auto& param = GetParam();
  const auto parties = parties_with_gaps(kRows, param.features);
  auto config = param.config;
  config["max_iteration"] = 4;
  auto run = boosting(parties, kTestRows, config, {{"security", param.relaxed ? "relaxed" : "full"}, {"importance", "gain"}}, param.label_place);
  run->run();
  ASSERT_TRUE(run->ok()) << run->messages();

  auto settings = plain(config);
  settings.exact = param.relaxed;
  PlainBoosting twin(parties, kTestRows, settings, param.label_place);
  Shape shape;
  shape.train_rows = kRows - kTestRows;
  shape.test_rows = kTestRows;
  shape.features = param.features;
  shape.features.insert(param.label_place < 0 ? shape.features.end() : shape.features.begin() + param.label_place, 0);
  const auto trees = opened_trees(*run);
  ASSERT_EQ(trees.size(), 4U);
  std::vector<std::vector<double>> gains(shape.features.size());
  for (std::size_t p = 0; p < gains.size(); ++p) gains[p].resize(shape.features[p]);
  for (std::size_t t = 0; t < trees.size(); ++t) {
    const auto sample = sample_of(shape, 1, t, config.value("row_sample_ratio", 1.0), config.value("col_sample_ratio", 1.0));
    ASSERT_EQ(twin.judge(trees[t], 1e-3, 1e-3, sample), "") << "tree " << t;
    for (std::size_t p = 0; p < gains.size(); ++p) {
      const auto of_tree = twin.gains(trees[t], p, sample);
      for (std::size_t j = 0; j < of_tree.size(); ++j) gains[p][j] += of_tree[j];
    }
    twin.add(trees[t]);
  }
  // What each owner was told that its features gained.
  for (const int client : run->features()) {
    const auto model = BoostModel::read((run->folder(client) / "model").string());
    ASSERT_TRUE(model.ok());
    const auto& expected = gains[static_cast<std::size_t>(client - 2)];
    const auto& importance = model->own.at("importance");
    ASSERT_EQ(importance.size(), expected.size());
    for (std::size_t j = 0; j < expected.size(); ++j) {
      EXPECT_NEAR(importance[j].at("gain").get<double>(), expected[j], 2e-2 + 2e-3 * expected[j]) << "client " << client << " feature " << j;
    }
  }

  // A tree a line of the record, and the loss of the last is that of the twin's scores.
  const auto& rows = run->reporter(run->label()).rows();
  ASSERT_EQ(rows.size(), 4U);
  const auto scores = twin.test_scores(), labels = twin.test_labels();
  const nn::ScoredRows scored{scores, labels, 1, nn::ScoredRows::Scale::kLogit};
  EXPECT_EQ(rows.back()[1], 4);
  EXPECT_NEAR(rows.back()[2], nn::log_loss(scored), 1e-3);
  // Few trees give few different scores, and cutting them to ten bits parts some that were equal.
  EXPECT_NEAR(rows.back()[3], nn::rank_output(scored, 0).auc, 5e-2);
  EXPECT_EQ(run->reporter(run->label()).metrics(), (std::vector<std::string>{"auc", "ks"}));
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, Boosting,
    testing::Values(Case{"TwoDataClients", {4}, {{"max_depth", 3}, {"n_bins", 8}}},
                    Case{"ThreeDataClients", {3, 2}, {{"max_depth", 4}, {"n_bins", 16}}},
                    Case{"FourDataClientsTheLabelFirst", {2, 1, 2}, {{"max_depth", 2}, {"n_bins", 32}}, 0},
                    Case{"OneLevel", {2, 2}, {{"max_depth", 1}, {"n_bins", 4}}},
                    Case{"GammaLeavesNodesUnsplit", {2, 2}, {{"max_depth", 3}, {"n_bins", 8}, {"gamma", 6}, {"reg_lambda", 5}}},
                    Case{"ChildrenOfWeight", {2, 2}, {{"max_depth", 3}, {"n_bins", 16}, {"min_child_weight", 12}}},
                    Case{"Samples", {3, 3}, {{"max_depth", 3}, {"n_bins", 8}, {"row_sample_ratio", 0.6}, {"col_sample_ratio", 0.5}}},
                    Case{"FiveDataClients", {1, 2, 1, 2}, {{"max_depth", 3}, {"n_bins", 8}}, 2},
                    Case{"RelaxedTwoDataClients", {4}, {{"max_depth", 3}, {"n_bins", 8}}, -1, true},
                    Case{"RelaxedThreeDataClients", {3, 2}, {{"max_depth", 4}, {"n_bins", 16}}, -1, true},
                    Case{"RelaxedFiveDataClientsTheLabelFirst", {2, 1, 2, 1}, {{"max_depth", 2}, {"n_bins", 32}}, 0, true},
                    Case{"RelaxedGamma", {2, 2}, {{"max_depth", 3}, {"n_bins", 8}, {"gamma", 6}, {"reg_lambda", 5}}, -1, true},
                    Case{"RelaxedChildrenOfWeight", {2, 2}, {{"max_depth", 3}, {"n_bins", 16}, {"min_child_weight", 12}}, -1, true},
                    Case{"RelaxedSamples",
                         {3, 3},
                         {{"max_depth", 3}, {"n_bins", 8}, {"row_sample_ratio", 0.6}, {"col_sample_ratio", 0.5}},
                         -1,
                         true}),
    [](const auto& test) { return test.param.name; });

TEST(BoostingRun, OfSeveralClassesMakesATreeAClassAndPredictsTheirScores) {
  const auto parties = make_parties(420, {2, 3}, Labels::kClasses);
  const Json config{{"objective", "multi"}, {"num_class", 3}, {"max_iteration", 3}, {"max_depth", 2}, {"n_bins", 8}, {"learning_rate", 0.5}};
  auto run = boosting(parties, 120, config, {{"metric", {"acc", "auc"}}, {"checkpoint_per_trees", 1}});
  run->run();
  ASSERT_TRUE(run->ok()) << run->messages();
  auto settings = plain(config);
  settings.outputs = 3;
  std::vector<PlainBoosting> twins;
  for (std::size_t output = 0; output < 3; ++output) {
    settings.output = output;
    twins.emplace_back(parties, 120, settings);
  }
  const auto trees = opened_trees(*run);
  ASSERT_EQ(trees.size(), 9U);
  for (std::size_t t = 0; t < trees.size(); ++t) {
    ASSERT_EQ(twins[t % 3].judge(trees[t], 1e-3, 1e-3), "") << t;
    twins[t % 3].add(trees[t]);
  }
  const auto& rows = run->reporter(run->label()).rows();
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(run->reporter(run->label()).metrics(), (std::vector<std::string>{"acc", "auc"}));
  std::vector<double> scores, labels;
  for (std::size_t i = 0; i < 120; ++i) {
    for (auto& twin : twins) {
      scores.push_back(twin.test_scores()[i]);
      labels.push_back(twin.test_labels()[i]);
    }
  }
  const nn::ScoredRows scored{scores, labels, 3, nn::ScoredRows::Scale::kLogit};
  EXPECT_NEAR(rows.back()[2], nn::log_loss(scored), 5e-3);
  EXPECT_NEAR(rows.back()[3], nn::accuracy(scored), 0.05);

  run->main_settings = {{"mode", "predict"}, {"model_task", run->task_name}};
  run->task_folder = "prediction";
  run->run_id = std::string(32, '7');
  run->run();
  ASSERT_TRUE(run->ok()) << run->messages();
  std::ifstream file(run->folder(run->label()) / "prediction" / "predictions.csv");
  std::string line;
  std::getline(file, line);
  EXPECT_EQ(line, "id,score_0,score_1,score_2,class");
  for (std::size_t i = 0; i < 5; ++i) {
    ASSERT_TRUE(std::getline(file, line));
    const auto first = line.find(',') + 1;
    EXPECT_NEAR(std::stod(line.substr(first)), 1 / (1 + std::exp(-twins[0].scores()[i])), 2e-3) << line;
  }
}

TEST(BoostingRun, WithMetricLossOpensTheSumOfLossesAlone) {
  for (const bool several : {false, true}) {
    const auto parties = make_parties(420, {2, 3}, several ? Labels::kClasses : Labels::kBinary);
    Json config{{"max_iteration", 3}, {"max_depth", 2}, {"n_bins", 8}, {"learning_rate", 0.5}};
    if (several) config.update({{"objective", "multi"}, {"num_class", 3}});
    auto run = boosting(parties, 120, config, {{"metric", "loss"}});
    run->keep_frames = true;
    run->run();
    ASSERT_TRUE(run->ok()) << run->messages();
    for (const auto& message : run->sent()) EXPECT_FALSE(message.frame.has_score_share() || message.frame.has_shuffle_share());
    auto settings = plain(config);
    settings.outputs = several ? 3 : 1;
    std::vector<PlainBoosting> twins;
    for (settings.output = 0; settings.output < settings.outputs; ++settings.output) twins.emplace_back(parties, 120, settings);
    const auto trees = opened_trees(*run);
    const auto& rows = run->reporter(run->label()).rows();
    ASSERT_EQ(rows.size(), 3U);
    EXPECT_TRUE(run->reporter(run->label()).metrics().empty());
    for (std::size_t t = 0; t < trees.size(); ++t) {
      twins[t % twins.size()].add(trees[t]);
      if (t % twins.size() + 1 != twins.size()) continue;
      double loss = 0;
      for (auto& twin : twins) {
        const auto scores = twin.test_scores(), labels = twin.test_labels();
        loss += nn::log_loss({scores, labels, 1, nn::ScoredRows::Scale::kLogit});
      }
      EXPECT_NEAR(rows[t / twins.size()][2], loss, 5e-3) << "iteration " << t / twins.size();
    }
  }
}

/// 65,536 values are a part: a test set of more is added up over two.
TEST(BoostingRun, AddsUpLossesInParts) {
  constexpr std::size_t kTests = Scores::kPartValues + 300;
  for (const bool number : {false, true}) {
    const auto parties = make_parties(kTests + 400, {1, 1}, number ? Labels::kNumbers : Labels::kBinary);
    Json config{{"max_iteration", 1}, {"max_depth", 1}, {"n_bins", 4}};
    if (number) config["objective"] = "regression";
    auto run = boosting(parties, kTests, config, {{"metric", "loss"}});
    run->keep_frames = true;
    run->run();
    ASSERT_TRUE(run->ok()) << run->messages();
    // One opening to the label client, whatever the parts, from each other data client.
    const auto sent = run->sent();
    EXPECT_EQ(std::count_if(sent.begin(), sent.end(), [](const auto& message) { return message.frame.has_loss_share(); }), 2);
    if (number) continue;
    PlainBoosting twin(parties, kTests, plain(config));
    twin.add(opened_trees(*run).front());
    const auto scores = twin.test_scores(), labels = twin.test_labels();
    EXPECT_NEAR(run->reporter(run->label()).rows().back()[2], nn::log_loss({scores, labels, 1, nn::ScoredRows::Scale::kLogit}), 5e-3);
  }
}

TEST(BoostingRun, RefusesALossOverFewRows) {
  for (const std::string objective : {"binary", "regression"}) {
    auto run = boosting(make_parties(319, {1, 1}, objective == "binary" ? Labels::kBinary : Labels::kNumbers), 19,
                        {{"max_iteration", 1}, {"max_depth", 1}, {"n_bins", 4}, {"objective", objective}}, {{"metric", "loss"}});
    run->run();
    EXPECT_TRUE(run->failed());
    EXPECT_NE(run->messages().find("at least 20 test rows"), std::string::npos) << run->messages();
  }
}

TEST(BoostingRun, EvaluatesAsOftenAsAskedAndAtTheEnd) {
  const auto parties = make_parties(260, {2, 2}, Labels::kBinary);
  const std::vector<std::pair<int, std::vector<double>>> cases{{3, {3, 6, 7}}, {0, {7}}, {7, {7}}};
  for (const auto& [every, expected] : cases) {
    auto run = boosting(parties, 60, {{"max_iteration", 7}, {"max_depth", 1}, {"n_bins", 8}}, {{"test_per_trees", every}});
    run->run();
    ASSERT_TRUE(run->ok()) << run->messages();
    std::vector<double> done;
    for (const auto& row : run->reporter(run->label()).rows()) done.push_back(row[1]);
    EXPECT_EQ(done, expected) << every;
  }
}

TEST(BoostingRun, TellsOwnersTheirImportanceAlsoWhenItWasResumed) {
  const auto parties = parties_with_gaps(300, {2, 2}, 5);
  const Json config{{"max_iteration", 4}, {"max_depth", 2}, {"n_bins", 8}};
  for (const std::string security : {"full", "relaxed"}) {
    auto run = boosting(parties, 60, config, {{"checkpoint_per_trees", 2}, {"importance", "gain"}, {"security", security}});
    // The third tree's operations come after two trees of 2 + 2·3 (relaxed: 2 + 2) and their evaluations.
    run->kill = TrainingRun::Kill{.client = 3, .operation = security == "full" ? 22U : 12U};
    run->run();
    ASSERT_TRUE(run->failed()) << run->messages();
    run->kill.reset();
    run->resume = true;
    run->run_id = std::string(32, '5');
    run->run();
    ASSERT_TRUE(run->ok()) << run->messages();
    EXPECT_EQ(run->reporter(run->label()).kept_until(), 2U);
    auto settings = plain(config);
    settings.exact = security == "relaxed";
    PlainBoosting twin(parties, 60, settings);
    const auto trees = opened_trees(*run);
    ASSERT_EQ(trees.size(), 4U);
    std::vector<std::vector<double>> gains(2, std::vector<double>(2));
    for (const auto& tree : trees) {
      ASSERT_EQ(twin.judge(tree, 1e-3, 1e-3), "");
      for (std::size_t p = 0; p < 2; ++p) {
        const auto of_tree = twin.gains(tree, p);
        for (std::size_t j = 0; j < 2; ++j) gains[p][j] += of_tree[j];
      }
      twin.add(tree);
    }
    for (const int client : run->features()) {
      std::ifstream file(run->folder(client) / "model" / "importance.csv");
      std::string line;
      std::getline(file, line);
      EXPECT_EQ(line, "feature,count,gain");
      for (std::size_t j = 0; j < 2; ++j) {
        ASSERT_TRUE(std::getline(file, line));
        const double expected = gains[static_cast<std::size_t>(client - 2)][j];
        EXPECT_NEAR(std::stod(line.substr(line.rfind(',') + 1)), expected, 2e-2 + 2e-3 * expected) << line;
      }
      const auto mode = std::filesystem::status(run->folder(client) / "model" / "importance.csv").permissions();
      EXPECT_EQ(mode & std::filesystem::perms::mask, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    }
  }
}

TEST(BoostingRun, CountsAloneUnlessGainIsAskedFor) {
  auto run = boosting(make_parties(260, {2, 2}, Labels::kBinary), 60, {{"max_iteration", 2}, {"max_depth", 2}, {"n_bins", 8}});
  run->run();
  ASSERT_TRUE(run->ok()) << run->messages();
  std::size_t count = 0;
  for (const int client : run->features()) {
    std::ifstream file(run->folder(client) / "model" / "importance.csv");
    std::string line;
    std::getline(file, line);
    EXPECT_EQ(line, "feature,count");
    while (std::getline(file, line)) count += std::stoul(line.substr(line.rfind(',') + 1));
  }
  EXPECT_GT(count, 0U);
  EXPECT_LE(count, 6U);
}

TEST(BoostingRun, RelaxedWorksForClassesAndNumbersAndPredicts) {
  for (const std::string objective : {"multi", "regression"}) {
    const auto parties = make_parties(420, {2, 3}, objective == "multi" ? Labels::kClasses : Labels::kNumbers);
    Json config{{"objective", objective}, {"max_iteration", 3}, {"max_depth", 3}, {"n_bins", 8}, {"learning_rate", 0.5}};
    if (objective == "multi") config["num_class"] = 3;
    auto run = boosting(parties, 120, config, {{"security", "relaxed"}});
    run->run();
    ASSERT_TRUE(run->ok()) << run->messages();
    EXPECT_NE(run->reporter(run->label()).notes().find("security relaxed"), std::string::npos);
    auto settings = plain(config);
    settings.exact = true;
    settings.outputs = objective == "multi" ? 3 : 1;
    std::vector<PlainBoosting> twins;
    for (settings.output = 0; settings.output < settings.outputs; ++settings.output) twins.emplace_back(parties, 120, settings);
    const auto trees = opened_trees(*run);
    ASSERT_EQ(trees.size(), 3 * settings.outputs);
    for (std::size_t t = 0; t < trees.size(); ++t) {
      ASSERT_EQ(twins[t % twins.size()].judge(trees[t], 1e-3, 1e-3), "") << objective << t;
      twins[t % twins.size()].add(trees[t]);
    }
    run->main_settings = {{"mode", "predict"}, {"model_task", run->task_name}};
    run->task_folder = "prediction";
    run->run_id = std::string(32, '7');
    run->run();
    ASSERT_TRUE(run->ok()) << run->messages();
    std::ifstream file(run->folder(run->label()) / "prediction" / "predictions.csv");
    std::string line;
    std::getline(file, line);
    for (std::size_t i = 0; i < 420; ++i) {
      ASSERT_TRUE(std::getline(file, line));
      if (objective == "regression") continue;
      EXPECT_NEAR(std::stod(line.substr(line.find(',') + 1)), 1 / (1 + std::exp(-twins[0].scores()[i])), 1e-3) << line;
    }
  }
}

/// Of one class alone there is nothing to learn, and nothing breaks: base scores at their bound, "all rows left" everywhere.
TEST(BoostingRun, OfEqualLabelsLeavesAllNodesUnsplit) {
  auto parties = make_parties(260, {2, 2}, Labels::kBinary);
  for (auto& row : parties.back().rows) row[0] = 0;
  for (const std::string security : {"full", "relaxed"}) {
    auto run = boosting(parties, 60, {{"max_iteration", 2}, {"max_depth", 2}, {"n_bins", 8}}, {{"metric", "loss"}, {"security", security}});
    run->run();
    ASSERT_TRUE(run->ok()) << run->messages();
    EXPECT_LT(run->reporter(run->label()).rows().back()[2], 0.01);
  }
}

/// What is worth the same everywhere goes to "all rows left", whose owner is known from the node's number.
TEST(BoostingRun, NodesWithoutRowsGoToThePartyOfTheirNumber) {
  // One column that says it all, the others constant: below its two children nothing is left to split.
  auto parties = make_parties(300, {1, 1}, Labels::kBinary);
  for (std::size_t i = 0; i < 300; ++i) {
    parties[0].rows[i][0] = static_cast<double>(i % 2);
    parties[1].rows[i][0] = 5;
    parties.back().rows[i][0] = static_cast<double>(i % 2);
  }
  auto run = boosting(parties, 100, {{"max_iteration", 2}, {"max_depth", 3}, {"n_bins", 4}}, {{"metric", "loss"}});
  run->run();
  ASSERT_TRUE(run->ok()) << run->messages();
  for (const auto& tree : opened_trees(*run)) {
    EXPECT_TRUE(tree.nodes[0].split.splits);
    EXPECT_EQ(tree.nodes[0].party, 0U);
    for (std::size_t level = 1; level < 3; ++level) {
      for (std::size_t node = 0; node < (std::size_t{1} << level); ++node) {
        const auto& chosen = tree.nodes[(std::size_t{1} << level) - 1 + node];
        EXPECT_FALSE(chosen.split.splits) << level << " " << node;
        EXPECT_EQ(chosen.party, node % 2) << level << " " << node;
      }
    }
  }
}

TEST(BoostingRun, AColumnOfMissingValuesAndOneClassIn60ChangeNothingForTheRest) {
  auto parties = parties_with_gaps(900, {2, 2}, 11);
  for (std::size_t i = 0; i < 900; ++i) {
    parties[0].rows[i][1] = std::nan("");
    parties.back().rows[i][0] = i % 60 == 0 ? 1 : 0;
    if (i % 60 == 0) parties[1].rows[i][0] += 2;
  }
  const Json config{{"max_iteration", 4}, {"max_depth", 3}, {"n_bins", 8}};
  for (const std::string security : {"full", "relaxed"}) {
    auto run = boosting(parties, 240, config, {{"metric", "loss"}, {"security", security}});
    run->run();
    ASSERT_TRUE(run->ok()) << run->messages();
    auto settings = plain(config);
    settings.exact = security == "relaxed";
    PlainBoosting twin(parties, 240, settings);
    for (const auto& tree : opened_trees(*run)) {
      ASSERT_EQ(twin.judge(tree, 1e-3, 1e-3), "");
      twin.add(tree);
    }
  }
}

/// All bins of a column are used, and only whether a value is there says anything.
TEST(BoostingRun, MissingValuesCanStandAgainstAllOthers) {
  auto parties = make_parties(400, {1, 1}, Labels::kBinary);
  std::mt19937 random(3);
  for (std::size_t i = 0; i < 400; ++i) {
    const bool missing = random() % 3 == 0;
    parties[0].rows[i][0] = missing ? std::nan("") : static_cast<double>(random() % 4);
    parties[1].rows[i][0] = static_cast<double>(random() % 4);
    parties.back().rows[i][0] = missing == (random() % 10 != 0) ? 1 : 0;
  }
  for (const std::string security : {"full", "relaxed"}) {
    auto run = boosting(parties, 100, {{"max_iteration", 1}, {"max_depth", 1}, {"n_bins", 4}}, {{"security", security}});
    run->run();
    ASSERT_TRUE(run->ok()) << run->messages();
    const auto trees = opened_trees(*run);
    EXPECT_EQ(trees[0].nodes[0].party, 0U);
    EXPECT_EQ(trees[0].nodes[0].split, (Split{true, 0, 3, false}));
  }
}

TEST(BoostingRun, MoreThanTheNumbersHoldIsRefusedWithASentence) {
  BoostSettings settings;
  nn::Plan plan;
  plan.columns = {3, 0};
  plan.train_rows = 9'000'000;
  EXPECT_TRUE(shape_of(settings, plan).ok());
  settings.objective = Objective::kRegression;
  ASSERT_FALSE(shape_of(settings, plan).ok());
  EXPECT_NE(shape_of(settings, plan).error().message().find("8,388,608 training rows"), std::string::npos);
  plan.train_rows = 8'388'608 - 2;
  EXPECT_TRUE(shape_of(settings, plan).ok());
  settings.objective = Objective::kBinary;
  settings.depth = 8;
  settings.bins = 128;
  plan.train_rows = 1000;
  plan.columns = {1000, 0};
  ASSERT_FALSE(shape_of(settings, plan).ok());
  EXPECT_NE(shape_of(settings, plan).error().message().find("candidates a level"), std::string::npos);
  plan.columns = {3, 0};
  plan.train_rows = 60'000'000;
  EXPECT_FALSE(shape_of(settings, plan).ok()) << "masks of 60 GB";
  plan.columns = {3, 0, 0};
  plan.train_rows = 1000;
  EXPECT_FALSE(shape_of(settings, plan).ok()) << "a feature client without columns";
}

TEST(BoostingRun, OfNumbersOpensTheSumOfSquaredErrorsAlone) {
  const auto parties = make_parties(420, {2, 3}, Labels::kNumbers);
  const Json config{{"objective", "regression"}, {"max_iteration", 4}, {"max_depth", 3}, {"n_bins", 16}, {"learning_rate", 0.5}};
  auto run = boosting(parties, 120, config);
  run->keep_frames = true;
  run->run();
  ASSERT_TRUE(run->ok()) << run->messages();
  for (const auto& message : run->sent()) EXPECT_FALSE(message.frame.has_score_share() || message.frame.has_shuffle_share());
  auto settings = plain(config);
  settings.squared = true;
  PlainBoosting twin(parties, 120, settings);
  for (const auto& tree : opened_trees(*run)) {
    ASSERT_EQ(twin.judge(tree, 1e-3, 1e-3), "");
    twin.add(tree);
  }
  const auto scores = twin.test_scores(), labels = twin.test_labels();
  double errors = 0, mean = 0, variance = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) mean += labels[i] / static_cast<double>(labels.size());
  for (std::size_t i = 0; i < labels.size(); ++i) {
    errors += (scores[i] - labels[i]) * (scores[i] - labels[i]);
    variance += (labels[i] - mean) * (labels[i] - mean);
  }
  const auto& row = run->reporter(run->label()).rows().back();
  ASSERT_EQ(run->reporter(run->label()).metrics(), (std::vector<std::string>{"mse", "r2"}));
  EXPECT_NEAR(row[4], 1 - errors / variance, 5e-3);
  EXPECT_GT(row[4], 0.5);

  run->main_settings = {{"mode", "predict"}, {"model_task", run->task_name}};
  run->task_folder = "prediction";
  run->run_id = std::string(32, '7');
  run->run();
  ASSERT_TRUE(run->ok()) << run->messages();
  std::ifstream file(run->folder(run->label()) / "prediction" / "predictions.csv");
  std::string line;
  std::getline(file, line);
  EXPECT_EQ(line, "id,prediction");
}

TEST(BoostingRun, TheFirstTreeIsTheTwins) {
  const auto parties = parties_with_gaps(900, {3, 3}, 21);
  auto run = boosting(parties, 100, {{"max_iteration", 1}, {"max_depth", 3}, {"n_bins", 16}});
  run->run();
  ASSERT_TRUE(run->ok()) << run->messages();
  const PlainBoosting twin(parties, 100, {.bins = 16, .depth = 3});
  const auto best = twin.best_tree();
  const auto trees = opened_trees(*run);
  ASSERT_EQ(trees.size(), 1U);
  // Thresholds between which a node has no row are equally good: what counts is which rows are together.
  EXPECT_EQ(twin.leaves_of_rows(trees[0]), twin.leaves_of_rows(best));
  EXPECT_EQ(trees[0].nodes[0], best.nodes[0]);
  for (std::size_t i = 0; i < best.leaves.size(); ++i) EXPECT_NEAR(trees[0].leaves[i], best.leaves[i], 1e-3);
}

TEST(BoostingRun, StaysWithinItsRoundsAndSaysSo) {
  auto run = boosting(make_parties(300, {12, 11}, Labels::kBinary), 60, {{"max_iteration", 1}, {"max_depth", 4}});
  run->run();
  ASSERT_TRUE(run->ok()) << run->messages();
  const auto notes = run->reporter(run->label()).notes();
  const auto at = notes.find("rounds_per_tree=");
  ASSERT_NE(at, std::string::npos) << notes;
  EXPECT_LE(std::stoi(notes.substr(at + 16)), 450) << notes;
  EXPECT_NE(notes.find("seconds_per_tree="), std::string::npos);
}

TEST(BoostingRun, MakesTheSameTreesWithMaskedBinsMappedFromDisk) {
  const auto trees = [](std::uint64_t memory_bytes_max) {
    auto run = boosting(make_parties(300, {2, 2}, Labels::kBinary), 60, {{"max_iteration", 2}, {"max_depth", 2}, {"n_bins", 8}}, {});
    run->memory_bytes_max = memory_bytes_max;
    run->run();
    EXPECT_TRUE(run->ok()) << run->messages();
    for (int client = 2; client < run->clients(); ++client) {
      EXPECT_EQ(run->reporter(client).notes().find("masked bins mapped from disk") != std::string::npos, memory_bytes_max == 1);
    }
    // Where no value is missing, the direction of missing ones is anybody's.
    std::vector<std::tuple<std::size_t, bool, std::size_t, std::size_t>> splits;
    for (const auto& tree : opened_trees(*run)) {
      for (const auto& node : tree.nodes) splits.emplace_back(node.party, node.split.splits, node.split.feature, node.split.threshold);
    }
    return splits;
  };
  const auto in_memory = trees(std::uint64_t{1} << 30), on_disk = trees(1);
  ASSERT_FALSE(in_memory.empty());
  EXPECT_EQ(in_memory, on_disk);
}

TEST(BoostingRun, PredictsWhatItTrained) {
  const auto parties = parties_with_gaps(400, {2, 3}, 3);
  const Json config{{"max_iteration", 3}, {"max_depth", 3}, {"n_bins", 8}};
  auto run = boosting(parties, 100, config);
  run->run();
  ASSERT_TRUE(run->ok()) << run->messages();
  PlainBoosting twin(parties, 100, plain(config));
  for (const auto& tree : opened_trees(*run)) twin.add(tree);
  run->main_settings = {{"mode", "predict"}, {"model_task", run->task_name}};
  run->task_folder = "prediction";
  run->run_id = std::string(32, '7');
  run->run();
  ASSERT_TRUE(run->ok()) << run->messages();
  std::ifstream file(run->folder(run->label()) / "prediction" / "predictions.csv");
  std::string line;
  std::getline(file, line);
  EXPECT_EQ(line, "id,score");
  for (std::size_t i = 0; i < twin.scores().size(); ++i) {
    ASSERT_TRUE(std::getline(file, line));
    EXPECT_EQ(line.substr(0, line.find(',')), "row-" + std::to_string(i));
    EXPECT_NEAR(std::stod(line.substr(line.find(',') + 1)), 1 / (1 + std::exp(-twin.scores()[i])), 1e-3);
  }
  for (const int client : run->features()) EXPECT_FALSE(std::filesystem::exists(run->folder(client) / "prediction" / "predictions.csv"));
}

TEST(BoostingRun, GoesOnFromACheckpoint) {
  const auto parties = parties_with_gaps(300, {2, 2}, 5);
  const Json config{{"max_iteration", 4}, {"max_depth", 2}, {"n_bins", 8}};
  auto run = boosting(parties, 60, config, {{"checkpoint_per_trees", 2}});
  // Two trees take 2 (2 + 2·3) operations and their evaluations; the next ones are the third's.
  run->kill = TrainingRun::Kill{.client = 3, .operation = 22};
  run->run();
  ASSERT_TRUE(run->failed()) << run->messages();
  const auto before = run->reporter(run->label()).rows().size();
  ASSERT_GE(before, 2U);
  ASSERT_LT(before, 4U);
  run->kill.reset();
  run->resume = true;
  run->run_id = std::string(32, '5');
  run->run();
  ASSERT_TRUE(run->ok()) << run->messages();
  EXPECT_EQ(run->reporter(run->label()).kept_until(), 2U);
  EXPECT_EQ(run->reporter(run->label()).rows().front()[1], 3);
  PlainBoosting twin(parties, 60, plain(config));
  for (const auto& tree : opened_trees(*run)) {
    ASSERT_EQ(twin.judge(tree, 1e-3, 1e-3), "");
    twin.add(tree);
  }
}

TEST(BoostingRun, EndsEarlyWhenTheTestSetGainsNoMore) {
  // Labels that have nothing to do with the features: the test loss rises soon.
  auto parties = make_parties(240, {2, 2}, Labels::kBinary);
  std::mt19937 random(4);
  for (auto& row : parties.back().rows) row[0] = static_cast<double>(random() % 2);
  auto run = boosting(parties, 80, {{"max_iteration", 60}, {"max_depth", 2}, {"n_bins", 8}, {"learning_rate", 0.5}, {"early_stop", 2}});
  run->run();
  ASSERT_TRUE(run->ok()) << run->messages();
  EXPECT_LT(run->reporter(run->label()).rows().size(), 60U);
  EXPECT_NE(run->reporter(0).notes().find("training ends early"), std::string::npos);
  EXPECT_EQ(opened_trees(*run).size(), run->reporter(run->label()).rows().size());
}

TEST(BoostingRun, APartyThatDiesEndsItForAll) {
  auto run = boosting(make_parties(200, {2, 2}, Labels::kBinary), 50, {{"max_iteration", 3}, {"max_depth", 2}});
  run->kill = TrainingRun::Kill{.client = 2, .after_frames = 300};
  run->run();
  EXPECT_TRUE(run->failed()) << run->messages();
}

TEST(BoostingRun, TextInACellIsAFaultAndAnEmptyOneIsNot) {
  auto parties = make_parties(200, {2, 2}, Labels::kBinary);
  auto run = boosting(parties, 50, {{"max_iteration", 1}});
  run->replace_file(2, "test.csv", "1,x\n");
  run->run();
  EXPECT_TRUE(run->failed());
  EXPECT_NE(run->message(2).find("test.csv"), std::string::npos) << run->message(2);
}

}  // namespace
}  // namespace pai::client::boost::test
