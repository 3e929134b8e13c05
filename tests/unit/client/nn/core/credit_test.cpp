// The plain model on the shipped credit data, as peers measure it: 24,000 rows to learn from, 6,000 to test.
#include <gtest/gtest.h>

#include <fstream>
#include <numeric>
#include <string>
#include <vector>

#include "client/nn/core/batches.h"
#include "client/nn/core/labels.h"
#include "client/nn/core/metrics.h"
#include "client/nn/core/normalisation.h"
#include "client/nn/core/parse_number.h"
#include "client/nn/core/plain_network.h"

namespace pai::client::nn {
namespace {

constexpr std::size_t kFeatures = 23;
constexpr std::size_t kTestRows = 6000;

struct Credit {
  std::vector<double> train_x, test_x, train_y, test_y;
};

Credit load() {
  std::ifstream file(std::string(PAI_SOURCE_DIR) + "/tests/data/uci_credit_default/credit_default.csv");
  std::vector<std::vector<double>> rows;
  std::string line;
  std::getline(file, line);
  while (std::getline(file, line)) {
    auto& row = rows.emplace_back();
    const std::size_t size = line.size();
    line.append(kParsePadding, ' ');
    for (const char* at = line.data(); at < line.data() + size; ++at)
      at = parse_plain(at, line.data() + size, row.emplace_back());
  }
  std::vector<std::uint32_t> order(rows.size());
  fill_permutation(1, 0, order);
  NumericTable features, labels;
  for (std::size_t j = 0; j < kFeatures; ++j) features.columns.push_back("X" + std::to_string(j + 1));
  labels.columns = {"Y"};
  std::vector<double> test_x, test_y;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto& row = rows[order[i]];
    const bool train = i + kTestRows < rows.size();
    auto& x = train ? features.values : test_x;
    auto& y = train ? labels.values : test_y;
    x.insert(x.end(), row.begin() + 1, row.begin() + 1 + kFeatures);
    y.push_back(row.back());
    features.rows += train;
    labels.rows += train;
  }
  Credit credit;
  const auto normalisation = Normalisation::fit(Normalisation::Method::kZscore, features).value();
  credit.train_x.resize(features.values.size());
  normalisation.apply(features.values, credit.train_x);
  credit.test_x.resize(test_x.size());
  normalisation.apply(test_x, credit.test_x);
  credit.train_y = LabelScheme::fit(OutputActivation::kSigmoid, 1, labels)->encode(labels).value();
  credit.test_y = test_y;
  return credit;
}

Ranking train(const Credit& credit, const ModelShape& shape, const TrainingRule& rule, std::uint64_t epochs) {
  PlainNetwork network(shape, rule, 1);
  Batches batches(1, credit.train_y.size(), 64);
  std::vector<double> x(64 * kFeatures), y(64);
  for (std::uint64_t t = 0; t < batches.iterations(epochs); ++t) {
    const auto rows = batches.rows_of(t);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      std::copy_n(credit.train_x.data() + rows[i] * kFeatures, kFeatures, x.data() + i * kFeatures);
      y[i] = credit.train_y[rows[i]];
    }
    network.step(x, y);
  }
  return rank_output({network.forward(credit.test_x), credit.test_y, 1, ScoredRows::Scale::kLogit}, 0);
}

TEST(Credit, TheLogisticModelIsAsGoodAsOthers) {
  const Credit credit = load();
  ASSERT_EQ(credit.train_y.size(), 24'000u);
  const Ranking ranking = train(credit, {kFeatures, {1}}, {}, 5);
  RecordProperty("auc", std::to_string(ranking.auc));
  RecordProperty("ks", std::to_string(ranking.ks));
  // Another split of the rows moves the AUC by about 0.007.
  EXPECT_NEAR(ranking.auc, 0.7175, 0.015);
  EXPECT_NEAR(ranking.ks, 0.368, 0.025);
}

TEST(Credit, AHiddenLayerIsBetter) {
  const Credit credit = load();
  TrainingRule rule;
  rule.optimizer = Optimizer::kMomentum;
  const Ranking ranking = train(credit, {kFeatures, {32, 1}}, rule, 5);
  RecordProperty("auc", std::to_string(ranking.auc));
  EXPECT_GT(ranking.auc, 0.74);
}

}  // namespace
}  // namespace pai::client::nn
