// The shipped credit data, split among two feature clients and the label client: 24,000 rows to train with, 6,000 to test.
#include <gtest/gtest.h>

#include "client/nn/core/metrics.h"
#include "integration/boost/plain_boosting.h"
#include "integration/nn/tables.h"

namespace pai::client::boost::test {
namespace {

TEST(CreditBoosting, SplitsAsInFloats) {
  constexpr std::size_t kTestRows = 6000;
  const auto parties = nn::test::credit_parties();
  auto run = boosting(parties, kTestRows, {{"max_iteration", 3}});
  run->run();
  ASSERT_TRUE(run->ok()) << run->messages();
  PlainBoosting twin(parties, kTestRows, {});
  const auto trees = opened_trees(*run);
  ASSERT_EQ(trees.size(), 3U);
  EXPECT_EQ(twin.leaves_of_rows(trees[0]), twin.leaves_of_rows(twin.best_tree())) << "the first tree's splits";
  for (const auto& tree : trees) {
    ASSERT_EQ(twin.judge(tree, 1e-4, 1e-3), "");
    twin.add(tree);
  }
  const auto scores = twin.test_scores(), labels = twin.test_labels();
  const auto ranking = nn::rank_output({scores, labels, 1, nn::ScoredRows::Scale::kLogit}, 0);
  EXPECT_NEAR(run->reporter(run->label()).rows().back()[3], ranking.auc, 2e-3);
}

}  // namespace
}  // namespace pai::client::boost::test
