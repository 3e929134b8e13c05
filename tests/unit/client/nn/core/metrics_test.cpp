// Known values, and AUC and KS against their definitions over all pairs and thresholds.
#include "client/nn/core/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

namespace pai::client::nn {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Scale = ScoredRows::Scale;

ScoredRows one(const std::vector<double>& scores, const std::vector<double>& labels,
               Scale scale = Scale::kProbability) {
  return {scores, labels, 1, scale};
}

/// Pairs won plus half of those tied; the largest distance over every threshold.
Ranking by_definition(const std::vector<double>& scores, const std::vector<double>& labels) {
  double won = 0, pairs = 0, distance = 0;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    double below[2] = {0, 0}, all[2] = {0, 0};
    for (std::size_t j = 0; j < scores.size(); ++j) {
      below[labels[j] == 1] += scores[j] <= scores[i];
      all[labels[j] == 1] += 1;
      if (labels[i] != 1 || labels[j] == 1) continue;
      pairs += 1;
      won += scores[i] > scores[j] ? 1 : scores[i] == scores[j] ? 0.5 : 0;
    }
    distance = std::max(distance, std::abs(below[0] / all[0] - below[1] / all[1]));
  }
  return {won / pairs, distance};
}

TEST(Metrics, TheTextbookExample) {
  const std::vector<double> scores{0.1, 0.4, 0.35, 0.8}, labels{0, 0, 1, 1};
  EXPECT_DOUBLE_EQ(rank_output(one(scores, labels), 0).auc, 0.75);
  EXPECT_DOUBLE_EQ(rank_output(one(scores, labels), 0).ks, 0.5);
  EXPECT_DOUBLE_EQ(accuracy(one(scores, labels)), 0.75);
  EXPECT_NEAR(log_loss(one(scores, labels)), 0.47228795380917615, 1e-15);
  EXPECT_NEAR(mean_squared_error(one(scores, labels)), (0.01 + 0.16 + 0.4225 + 0.04) / 4, 1e-15);
}

TEST(Metrics, TiesCountHalf) {
  const std::vector<double> same(6, 0.3), labels{0, 1, 0, 1, 1, 0};
  EXPECT_EQ(rank_output(one(same, labels), 0).auc, 0.5);
  EXPECT_EQ(rank_output(one(same, labels), 0).ks, 0);
  std::mt19937_64 random(3);
  for (int round = 0; round < 50; ++round) {
    std::vector<double> scores, classes;
    for (int i = 0; i < 60; ++i) {
      scores.push_back(static_cast<double>(random() % 9));
      classes.push_back(i < 2 ? i : static_cast<double>(random() % 4 == 0));
    }
    const Ranking ranking = rank_output(one(scores, classes), 0);
    const Ranking wanted = by_definition(scores, classes);
    EXPECT_NEAR(ranking.auc, wanted.auc, 1e-12);
    EXPECT_NEAR(ranking.ks, wanted.ks, 1e-12);
  }
}

TEST(Metrics, ExtremesAndMissingClasses) {
  EXPECT_EQ(rank_output(one({1, 2, 3, 4}, {0, 0, 1, 1}), 0).auc, 1);
  EXPECT_EQ(rank_output(one({1, 2, 3, 4}, {0, 0, 1, 1}), 0).ks, 1);
  EXPECT_EQ(rank_output(one({1, 2, 3, 4}, {1, 1, 0, 0}), 0).auc, 0);
  EXPECT_TRUE(std::isnan(rank_output(one({1, 2}, {1, 1}), 0).auc));
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(rank_output(one({nan, 1, nan, 2}, {0, 1, 0, 1}), 0).auc, 1) << "NaN ranks below all";
}

TEST(Metrics, OfSeveralClassesTheMean) {
  const std::vector<double> scores{0.8, 0.1, 0.1, 0.3, 0.5, 0.2, 0.2, 0.3, 0.6, 0.5, 0.4, 0.1};
  const std::vector<double> labels{1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 1, 0};
  const ScoredRows rows{scores, labels, 3, Scale::kProbability};
  double auc = 0, ks = 0;
  for (std::size_t c = 0; c < 3; ++c) {
    auc += rank_output(rows, c).auc / 3;
    ks += rank_output(rows, c).ks / 3;
  }
  EXPECT_NEAR(rank_macro(rows).auc, auc, 1e-15);
  EXPECT_NEAR(rank_macro(rows).ks, ks, 1e-15);
  EXPECT_DOUBLE_EQ(rank_output(rows, 0).auc, 1);
  EXPECT_DOUBLE_EQ(accuracy(rows), 0.75);
}

TEST(Metrics, LogitsAreStable) {
  const std::vector<double> logits{-1000, 1000, 0, 2}, labels{0, 1, 1, 0};
  const ScoredRows rows = one(logits, labels, Scale::kLogit);
  EXPECT_NEAR(log_loss(rows), (std::log(2) + std::log1p(std::exp(2))) / 4, 1e-15);
  EXPECT_DOUBLE_EQ(accuracy(rows), 0.75);
  std::vector<double> wrong{1000};
  EXPECT_EQ(log_loss(one(wrong, {0}, Scale::kLogit)), 1000);
  EXPECT_TRUE(std::isfinite(log_loss(one({0, 1}, {1, 0}))));
  EXPECT_EQ(loss_of(Loss::kMse, rows), mean_squared_error(rows));
}

TEST(Metrics, NamesOfTheRecord) {
  EXPECT_THAT(*metric_columns(std::vector{Metric::kAucKs}, false), ElementsAre("auc", "ks"));
  EXPECT_THAT(*metric_columns(std::vector{Metric::kAcc, Metric::kAuc, Metric::kAucKs, Metric::kLoss}, false),
              ElementsAre("acc", "auc", "ks"));
  EXPECT_THAT(*metric_columns(std::vector{Metric::kLoss}, false), IsEmpty());
  EXPECT_THAT(*metric_columns(std::vector{Metric::kLoss}, true), ElementsAre("mse", "r2"));
  EXPECT_THAT(metric_columns(std::vector{Metric::kAuc}, true).error().message(), HasSubstr("\"auc\""));
  for (const Metric metric : {Metric::kAucKs, Metric::kAuc, Metric::kAcc, Metric::kLoss})
    EXPECT_EQ(*metric_from(name_of(metric)), metric);
  EXPECT_FALSE(metric_from("f1").ok());
  EXPECT_TRUE(opens_scores(Metric::kAcc));
  EXPECT_FALSE(opens_scores(Metric::kLoss));
}

TEST(Metrics, RefusesFewRowsOfAClass) {
  std::vector<double> labels(100, 0);
  for (std::size_t i = 0; i < 19; ++i) labels[i] = 1;
  const auto refused = check_class_rows(labels, 1);
  ASSERT_FALSE(refused.ok());
  EXPECT_THAT(refused.error().message(), HasSubstr("at least 20 test rows of each class; class 1"));
  labels[20] = 1;
  EXPECT_TRUE(check_class_rows(labels, 1).ok());
  for (auto& label : labels) label = 1 - label;
  labels[20] = 1;
  EXPECT_THAT(check_class_rows(labels, 1).error().message(), HasSubstr("class 0"));
  EXPECT_TRUE(check_class_rows(std::vector<double>(labels), 1).error().message().find("19") ==
              std::string::npos);
  std::vector<double> one_hot;
  for (int i = 0; i < 60; ++i) {
    for (int c = 0; c < 3; ++c) one_hot.push_back(c == i % 2);
  }
  EXPECT_THAT(check_class_rows(one_hot, 3).error().message(), HasSubstr("class 2 has none"));
}

TEST(Metrics, EvaluatesInTheOrderAskedFor) {
  std::vector<double> scores, labels;
  for (int i = 0; i < 100; ++i) {
    scores.push_back(i);
    labels.push_back(i >= 50);
  }
  const ScoredRows rows = one(scores, labels, Scale::kLogit);
  EXPECT_THAT(*evaluate(std::vector{Metric::kAcc, Metric::kAucKs}, rows), ElementsAre(0.5, 1, 1));
  EXPECT_THAT(*evaluate(std::vector{Metric::kLoss}, rows), IsEmpty());
  labels.assign(100, 0);
  EXPECT_FALSE(evaluate(std::vector{Metric::kAuc}, rows).ok());
  EXPECT_TRUE(evaluate(std::vector{Metric::kLoss}, rows).ok());
}

TEST(Metrics, RegressionInTheLabelsUnits) {
  // y = 0, 2 in standardised units, z = 1, 2: errors 1 and 0.
  const auto report = regression_report({1.0, 1.0}, std::vector<double>{0, 2}, std::vector<double>{10});
  EXPECT_DOUBLE_EQ(report.mse, 50);
  EXPECT_DOUBLE_EQ(*report.mae, 5);
  EXPECT_DOUBLE_EQ(report.r2, 0.5);
  const auto two =
      regression_report({1.0, std::nullopt}, std::vector<double>{0, 5, 2, 5}, std::vector<double>{10, 3});
  EXPECT_DOUBLE_EQ(two.mse, 0.25);
  EXPECT_FALSE(two.mae);
  EXPECT_DOUBLE_EQ(two.r2, 0.5);
  EXPECT_TRUE(std::isnan(regression_report({1.0, {}}, std::vector<double>{1, 1}, std::vector<double>{1}).r2));
}

}  // namespace
}  // namespace pai::client::nn
