// The decomposition, and each way in which a step does not fit.
#include "client/nn/core/learning_rate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace pai::client::nn {
namespace {

using ::testing::HasSubstr;

TrainingRule with_rate(double rate) {
  TrainingRule rule;
  rule.learning_rate = rate;
  return rule;
}

TEST(StepScale, IsMantissaTimesAPowerOfTwo) {
  for (const double rate : {1e-6, 0.1, 0.5, 1.0, 3.0, 100.0}) {
    for (const std::size_t batch : {1u, 64u, 1000u, 32768u}) {
      const StepScale scale = step_scale(rate, batch);
      EXPECT_GE(scale.mantissa, 0.5);
      EXPECT_LT(scale.mantissa, 1);
      EXPECT_EQ(std::ldexp(scale.mantissa, -scale.exponent), rate / static_cast<double>(batch));
    }
  }
}

TEST(StepScale, TheTruncationBringsTheGradientToWeights) {
  // 0.1 / 64 = 0.8 · 2^−9
  const StepScale scale = step_scale(0.1, 64);
  EXPECT_DOUBLE_EQ(scale.mantissa, 0.8);
  EXPECT_EQ(scale.exponent, 9);
  EXPECT_EQ(scale.truncation(44), 33);
  EXPECT_EQ(scale.truncation(32), 21);
}

TEST(StepScale, TakesEveryUsualSetting) {
  for (const double rate : {1e-5, 0.001, 0.1, 1.0, 10.0}) {
    for (const std::size_t batch : {1u, 16u, 64u, 1024u, 32768u}) {
      const auto scale = checked_step_scale(with_rate(rate), batch, {.inputs = 23});
      EXPECT_TRUE(scale.ok()) << rate << " " << batch << (scale.ok() ? "" : scale.error().message());
    }
  }
}

TEST(StepScale, RefusesRatesThatOverflow) {
  for (const double rate : {1e6, 1e12, 1e300}) {
    const auto refused = checked_step_scale(with_rate(rate), 64, {.inputs = 23});
    ASSERT_FALSE(refused.ok()) << rate;
    EXPECT_THAT(refused.error().message(), HasSubstr("learning_rate: "));
    EXPECT_EQ(refused.error().details()[0].where, "learning_rate");
    EXPECT_THAT(refused.error().hint(), HasSubstr("at most"));
  }
  for (const double rate : {0.0, -0.1, std::nan(""), HUGE_VAL})
    EXPECT_FALSE(checked_step_scale(with_rate(rate), 64, {}).ok()) << rate;
}

TEST(StepScale, TheHintIsTheLimit) {
  const StepBounds bounds{.inputs = 23};
  double low = 1, high = 1e9;
  while (high / low > 1.0001) {
    const double middle = std::sqrt(low * high);
    (checked_step_scale(with_rate(middle), 64, bounds).ok() ? low : high) = middle;
  }
  // A weight that moved that far makes a z of 6 · 24 · 6 · rate at scale 36.
  EXPECT_NEAR(std::log2(6 * 24 * 6 * low) + 36, 62, 0.01);
}

TEST(StepScale, MomentumGathersSteps) {
  TrainingRule rule = with_rate(20'000);
  EXPECT_TRUE(checked_step_scale(rule, 64, {.inputs = 23}).ok());
  rule.optimizer = Optimizer::kMomentum;
  EXPECT_FALSE(checked_step_scale(rule, 64, {.inputs = 23}).ok());
}

TEST(StepScale, RefusesRatesThatMoveNothing) {
  const auto refused = checked_step_scale(with_rate(1e-12), 64, {});
  ASSERT_FALSE(refused.ok());
  EXPECT_THAT(refused.error().message(), HasSubstr("so small"));
}

TEST(StepScale, RefusesBatchesThatOverflow) {
  EXPECT_TRUE(checked_step_scale(with_rate(0.1), kBatchMax, {}).ok());
  const auto refused = checked_step_scale(with_rate(0.1), kBatchMax + 1, {});
  ASSERT_FALSE(refused.ok());
  EXPECT_THAT(refused.error().message(), HasSubstr("batch_size: "));
  EXPECT_FALSE(checked_step_scale(with_rate(0.1), 0, {}).ok());
  EXPECT_FALSE(checked_step_scale(with_rate(0.1), kBatchMax, {.residual_max = 2}).ok());
  EXPECT_TRUE(
      checked_step_scale(with_rate(0.1), kBatchMax, {.gradient_scale = 32, .residual_max = 1024}).ok());
}

}  // namespace
}  // namespace pai::client::nn
