// The reported ROC curve against the exact one, and how little of single rows is in it.
#include "client/nn/core/roc.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

namespace pai::client::nn {
namespace {

struct Rows {
  std::vector<double> scores, labels;
  ScoredRows view() const { return {scores, labels, 1, ScoredRows::Scale::kLogit}; }
};

/// Two bells, the class's shifted; scores cut to ten bits as an evaluation opens them.
Rows two_bells(std::size_t rest, std::size_t own, double shift, std::uint64_t seed = 1) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> bell;
  Rows rows;
  for (std::size_t i = 0; i < rest + own; ++i) {
    const bool is_own = i >= rest;
    rows.scores.push_back(std::round((bell(random) + (is_own ? shift : 0)) * 1024) / 1024);
    rows.labels.push_back(is_own);
  }
  return rows;
}

double area(const task::RocCurve& curve) {
  double sum = 0;
  for (std::size_t i = 1; i < curve.fpr.size(); ++i) sum += (curve.fpr[i] - curve.fpr[i - 1]) * (curve.tpr[i] + curve.tpr[i - 1]) / 2;
  return sum;
}

TEST(Roc, HasItsAreaAndItsEnds) {
  for (const double shift : {0.0, 0.7, 2.0, -1.0}) {
    const auto rows = two_bells(20'000, 5'000, shift);
    const auto curve = coarse_roc(rows.view(), 0);
    ASSERT_EQ(curve.fpr.size(), task::kRocPointsMax);
    EXPECT_EQ(curve.fpr.front(), 0);
    EXPECT_EQ(curve.tpr.front(), 0);
    EXPECT_EQ(curve.fpr.back(), 1);
    EXPECT_EQ(curve.tpr.back(), 1);
    EXPECT_TRUE(std::is_sorted(curve.tpr.begin(), curve.tpr.end()));
    EXPECT_NEAR(area(curve), rank_output(rows.view(), 0).auc, 0.005) << shift;
    // The distance of KS is the curve's from the diagonal.
    double distance = 0;
    for (std::size_t i = 0; i < curve.fpr.size(); ++i) distance = std::max(distance, std::abs(curve.tpr[i] - curve.fpr[i]));
    EXPECT_NEAR(distance, rank_output(rows.view(), 0).ks, 0.01) << shift;
    EXPECT_TRUE(task::roc_from_json(task::to_json({7, {curve}})).ok());
  }
}

TEST(Roc, TiedScoresAreOneSlope) {
  Rows rows{std::vector<double>(400, 0.5), {}};
  for (int i = 0; i < 400; ++i) rows.labels.push_back(i % 4 == 0);
  const auto curve = coarse_roc(rows.view(), 0);
  for (std::size_t i = 0; i < curve.fpr.size(); ++i) EXPECT_NEAR(curve.tpr[i], curve.fpr[i], 0.051);
  EXPECT_NEAR(area(curve), 0.5, 0.01);
}

TEST(Roc, AStepStandsForTenRowsOfEitherClass) {
  for (const auto& [rest, own] : std::vector<std::pair<std::size_t, std::size_t>>{{20, 20}, {25, 300}, {300, 25}, {90, 110}, {5'000, 5'000}, {100'000, 20}}) {
    const auto rows = two_bells(rest, own, 1);
    const auto curve = coarse_roc(rows.view(), 0);
    EXPECT_LE(curve.fpr.size() - 1, std::min<std::size_t>(100, rest / 10)) << rest;
    const double grain = std::min(1000.0, std::floor(static_cast<double>(own) / 10));
    for (const double height : curve.tpr) EXPECT_NEAR(height * grain, std::round(height * grain), 1e-9) << own;
  }
}

/// One row more or less, or another place of one, changes no point by more than a step.
TEST(Roc, OneRowMovesNoPointByMoreThanAStep) {
  auto rows = two_bells(60, 40, 1);
  const auto before = coarse_roc(rows.view(), 0);
  int changed = 0;
  for (std::size_t i = 0; i < rows.scores.size(); ++i) {
    auto other = rows;
    other.scores[i] = 100;
    const auto after = coarse_roc(other.view(), 0);
    ASSERT_EQ(after.fpr, before.fpr);
    changed += after.tpr != before.tpr;
    for (std::size_t k = 0; k < before.tpr.size(); ++k) EXPECT_LE(std::abs(after.tpr[k] - before.tpr[k]), 0.25 + 1e-9);
  }
  EXPECT_LT(changed, static_cast<int>(rows.scores.size()));
}

TEST(Roc, ANaNRanksBelowAll) {
  auto rows = two_bells(100, 100, 3);
  for (std::size_t i = 0; i < 50; ++i) rows.scores[i] = std::nan("");
  EXPECT_NEAR(area(coarse_roc(rows.view(), 0)), rank_output(rows.view(), 0).auc, 0.05);
}

TEST(Roc, EachOutputIsItsClassAgainstTheRest) {
  std::mt19937_64 random(5);
  std::normal_distribution<double> bell;
  Rows rows;
  for (int i = 0; i < 3'000; ++i) {
    for (int c = 0; c < 3; ++c) {
      rows.labels.push_back(i % 3 == c);
      rows.scores.push_back(bell(random) + (i % 3 == c ? c : 0));  // class 0 cannot be told, class 2 well
    }
  }
  const ScoredRows view{rows.scores, rows.labels, 3, ScoredRows::Scale::kLogit};
  for (std::size_t c = 0; c < 3; ++c) EXPECT_NEAR(area(coarse_roc(view, c)), rank_output(view, c).auc, 0.01);
}

}  // namespace
}  // namespace pai::client::nn
