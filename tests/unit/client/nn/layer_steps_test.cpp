// The bounds of what an update cuts: above the worst that data within its limits can make, and not far above.
#include "client/nn/layer_steps.h"

#include <gtest/gtest.h>

#include <cmath>

#include "client/nn/linear_step.h"
#include "client/nn/scales.h"

namespace pai::client::nn {
namespace {

constexpr double kSeries = 1.0014;  // |σ − y| with the series' error

StepTerms terms_of(double rate, std::size_t batch, double l2, std::size_t features = 23) {
  StepTerms terms{{features, {1}}, {}, batch};
  terms.rule.learning_rate = rate;
  terms.rule.l2 = l2;
  return terms;
}
LayerSteps steps_of(const StepTerms& terms, int gradient_scale = 44) {
  return layer_steps(terms, 1, [&](std::size_t) { return gradient_scale; }).value();
}

TEST(LayerSteps, BoundTheWorstGradient) {
  for (const double rate : {1e-5, 0.1, 3.0}) {
    for (const std::size_t batch : {1u, 64u, 1024u, 4096u}) {
      for (const double l2 : {0.0, 1e-4, 0.02}) {
        const auto steps = steps_of(terms_of(rate, batch, l2));
        const auto& step = steps.layers[0];
        const double residual = steps.factor * kSeries * std::ldexp(1, 28);
        const double worst = static_cast<double>(batch) * std::ldexp(6, 16) * residual +
                             static_cast<double>(step.decay) * std::ldexp(1024, 20);
        EXPECT_GE(static_cast<double>(step.gradient_bound), worst) << rate << " " << batch << " " << l2;
        EXPECT_LE(static_cast<double>(step.gradient_bound), 1.05 * worst)
            << rate << " " << batch << " " << l2;
      }
    }
  }
}

TEST(LayerSteps, BoundALinearModelsWorstGradient) {
  auto terms = terms_of(0.05, 64, 0);
  terms.rule.activation = OutputActivation::kNone;
  terms.rule.loss = Loss::kMse;
  const auto steps = steps_of(terms, 32);
  const double worst = 64 * std::ldexp(6, 16) * steps.factor * std::ldexp(kLinearResidualMax, kErrorScale);
  EXPECT_GE(static_cast<double>(steps.layers[0].gradient_bound), worst);
  EXPECT_LE(static_cast<double>(steps.layers[0].gradient_bound), 1.05 * worst);
}

TEST(LayerSteps, BoundWhatMomentumGathers) {
  for (const double momentum : {0.0, 0.5, 0.9, 0.99, 0.9999}) {
    auto terms = terms_of(0.02, 64, 1e-4);
    terms.rule.optimizer = Optimizer::kMomentum;
    terms.rule.momentum = momentum;
    const double kept = std::round(momentum * 65536) / 65536;
    double velocity = 0;
    for (int batch = 0; batch < 1'000'000; ++batch)
      velocity = kept * velocity + 0.02 * (6 * kSeries + 1e-4 * 1024) + std::ldexp(2, -20);
    const auto bound = static_cast<double>(steps_of(terms).layers[0].velocity_bound);
    EXPECT_GE(bound, std::ldexp(kept * velocity, 36)) << momentum;
    EXPECT_LE(bound, std::ldexp(1.05 * velocity, 36)) << momentum;
  }
}

/// β that rounds to 1 gathers without end.
TEST(LayerSteps, HaveNoBoundWithoutOne) {
  auto terms = terms_of(0.02, 64, 0);
  terms.rule.momentum = 0.999999;
  EXPECT_EQ(steps_of(terms).layers[0].velocity_bound, Word{1} << 63);
  EXPECT_TRUE(linear_step_pays(terms, steps_of(terms))) << "without momentum nothing is gathered";
  terms.rule.optimizer = Optimizer::kMomentum;
  EXPECT_FALSE(linear_step_pays(terms, steps_of(terms)));
}

TEST(LinearStep, PaysForUsualModels) {
  for (const std::size_t batch : {16u, 64u, 256u, 1024u}) {
    const auto terms = terms_of(0.1, batch, 1e-4);
    EXPECT_TRUE(linear_step_pays(terms, steps_of(terms))) << batch;
  }
  const auto large = terms_of(0.1, 32'768, 1e-4), wide = terms_of(0.1, 1024, 1e-4, 1000);
  EXPECT_FALSE(linear_step_pays(large, steps_of(large)));
  EXPECT_FALSE(linear_step_pays(wide, steps_of(wide)));
}

}  // namespace
}  // namespace pai::client::nn
