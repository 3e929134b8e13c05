// The shipped credit data, split among two feature clients and the label client: 24,000 rows to train with,
// 6,000 to test.
#include <gtest/gtest.h>

#include "client/nn/core/metrics.h"
#include "integration/nn/plain_twin.h"
#include "integration/nn/tables.h"

namespace pai::client::nn::test {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kTestRows = 6000;

/// Trains on shares and in floats with the true sigmoid; AUC and KS must agree.
void expect_agreement(const Json& settings, double tolerance, double weights_tolerance) {
  const auto parties = credit_parties();
  TrainingRun run(parties, kTestRows, settings);
  run.run();
  ASSERT_TRUE(run.ok()) << run.messages();
  const auto batches = run.reporter(0).batches();

  PlainTwin exact(parties, kTestRows, settings, true);
  exact.train(batches);
  const auto logits = exact.test_logits();
  const auto targets = exact.test_targets();
  const auto ranking = rank_output({logits, targets, 1, ScoredRows::Scale::kLogit}, 0);
  const auto& last = run.reporter(run.label()).rows().back();
  EXPECT_NEAR(last[3], ranking.auc, tolerance);
  EXPECT_NEAR(last[4], ranking.ks, tolerance);
  EXPECT_GT(last[3], 0.69);

  PlainTwin twin(parties, kTestRows, settings);
  twin.train(batches);
  EXPECT_LT(largest_difference(twin.network(), run.opened_model()), weights_tolerance);
}

TEST(CreditTraining, LogisticRegressionRanksAsInFloats) {
  expect_agreement({{"batch_size", 256}, {"epochs", 2}, {"learning_rate", 0.1}, {"test_per_batches", 0}},
                   0.003, 1e-3);
}

TEST(CreditTraining, NetworkRanksAsInFloats) {
  expect_agreement({{"in_dim", 32},
                    {"layers", {1}},
                    {"batch_size", 256},
                    {"max_iter", 60},
                    {"learning_rate", 0.5},
                    {"test_per_batches", 0}},
                   0.01, 3e-3);
}

}  // namespace
}  // namespace pai::client::nn::test
