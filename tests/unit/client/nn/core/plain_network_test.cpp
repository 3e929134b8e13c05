// The gradient against finite differences of the objective, the optimizers by hand, the products against
// plain loops.
#include "client/nn/core/plain_network.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "client/nn/core/products.h"

namespace pai::client::nn {
namespace {

std::vector<double> random_values(std::size_t size, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> normal;
  std::vector<double> values(size);
  for (double& value : values) value = normal(random);
  return values;
}

TEST(Products, AreTheProducts) {
  for (const auto& [m, k, n] : std::vector<std::array<std::size_t, 3>>{
           {1, 1, 1}, {3, 5, 7}, {4, 8, 8}, {13, 9, 33}, {8, 64, 40}, {5, 0, 3}, {6, 2, 31}}) {
    const auto a = random_values(m * k, 1), b = random_values(k * n, 2);
    const auto start = random_values(m * n, 3);
    std::vector<double> flipped(m * k);
    for (std::size_t i = 0; i < m; ++i) {
      for (std::size_t l = 0; l < k; ++l) flipped[l * m + i] = a[i * k + l];
    }
    auto sum = start, transposed = start;
    add_product(sum.data(), a.data(), b.data(), m, k, n);
    add_transposed_product(transposed.data(), flipped.data(), b.data(), m, k, n);
    for (std::size_t i = 0; i < m; ++i) {
      for (std::size_t j = 0; j < n; ++j) {
        double wanted = start[i * n + j];
        for (std::size_t l = 0; l < k; ++l) wanted += a[i * k + l] * b[l * n + j];
        EXPECT_NEAR(sum[i * n + j], wanted, 1e-12);
        EXPECT_NEAR(transposed[i * n + j], wanted, 1e-12);
      }
    }
  }
}

TEST(Products, TheSigmoidIsExact) {
  std::vector<double> z, out;
  for (double x = -40; x <= 40; x += 0.037) z.push_back(x);
  z.insert(z.end(), {0, -0.0, 700, -700, 1e300, -1e300});
  out.resize(z.size());
  sigmoid(z, out);
  for (std::size_t i = 0; i + 2 < z.size(); ++i) {
    const double wanted = 1 / (1 + std::exp(-z[i]));
    EXPECT_NEAR(out[i] / wanted, 1, 2e-15) << z[i];
  }
  EXPECT_EQ(out[z.size() - 2], 1);
  EXPECT_LT(out[z.size() - 1], 1e-300);
}

double objective(const TrainingRule& rule, std::span<const double> logits, std::span<const double> labels,
                 std::size_t outputs) {
  double sum = 0;
  for (std::size_t i = 0; i < logits.size(); ++i) {
    const double z = logits[i], y = labels[i];
    const double p = 1 / (1 + std::exp(-z));
    if (rule.activation == OutputActivation::kNone)
      sum += (z - y) * (z - y) / 2;
    else if (rule.loss == Loss::kLogloss)
      sum += -(y * std::log(p) + (1 - y) * std::log(1 - p));
    else
      sum += (p - y) * (p - y) / static_cast<double>(outputs);
  }
  return sum;
}

/// After one step of plain descent, each parameter has moved by rate · (∂ objective / B + λ w): both are
/// compared.
void check_gradient(const ModelShape& shape, TrainingRule rule) {
  constexpr std::size_t kRows = 7;
  rule.learning_rate = 0.5;
  const auto x = random_values(kRows * shape.features, 4);
  auto labels = random_values(kRows * shape.outputs(), 5);
  if (rule.activation == OutputActivation::kSigmoid) {
    for (double& label : labels) label = label > 0;
  }
  PlainNetwork before(shape, rule, 9);
  for (std::size_t k = 0; k < shape.layers(); ++k) {
    for (double& bias : before.layer(k).biases) bias = 0.1;
  }
  PlainNetwork after = before;
  after.step(x, labels);
  const auto loss_with = [&](double& parameter, double change) {
    const double kept = parameter;
    parameter = kept + change;
    const double loss = objective(rule, before.forward(x), labels, shape.outputs());
    parameter = kept;
    return loss;
  };
  const auto check = [&](std::vector<double>& parameters, const std::vector<double>& moved, double decay) {
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      const double slope = (loss_with(parameters[i], 1e-5) - loss_with(parameters[i], -1e-5)) / 2e-5 /
                           static_cast<double>(kRows);
      EXPECT_NEAR((parameters[i] - moved[i]) / rule.learning_rate, slope + decay * parameters[i], 1e-8);
    }
  };
  for (std::size_t k = 0; k < shape.layers(); ++k) {
    check(before.layer(k).weights, after.layer(k).weights, rule.l2);
    check(before.layer(k).biases, after.layer(k).biases, 0);
  }
}

TEST(PlainNetwork, TheGradientIsThatOfTheObjective) {
  TrainingRule rule;
  rule.l2 = 0.01;
  for (const ModelShape& shape :
       {ModelShape{5, {1}}, ModelShape{5, {3}}, ModelShape{4, {6, 1}}, ModelShape{6, {9, 5, 3}}}) {
    rule.activation = OutputActivation::kSigmoid;
    rule.loss = Loss::kLogloss;
    check_gradient(shape, rule);
    rule.loss = Loss::kMse;
    check_gradient(shape, rule);
    rule.activation = OutputActivation::kNone;
    check_gradient(shape, rule);
  }
}

TEST(PlainNetwork, MomentumByHand) {
  TrainingRule rule{.optimizer = Optimizer::kMomentum, .learning_rate = 0.5, .l2 = 0.1, .momentum = 0.9};
  PlainLayer layer{1, 1, {2}, {1}, {}, {}};
  const std::vector<double> weight{4}, bias{8};
  update_layer(rule, 4, weight, bias, layer);  // v = 1 + 0.2, b: v = 2
  EXPECT_DOUBLE_EQ(layer.weights[0], 2 - 0.6);
  EXPECT_DOUBLE_EQ(layer.biases[0], 0);
  update_layer(rule, 4, weight, bias, layer);  // v = 1.08 + 1 + 0.14, b: v = 3.8
  EXPECT_DOUBLE_EQ(layer.weights[0], 1.4 - 1.11);
  EXPECT_DOUBLE_EQ(layer.biases[0], -1.9);
}

TEST(PlainNetwork, TheTopAloneIsTheTopOfTheWhole) {
  const ModelShape shape{5, {4, 3, 2}};
  TrainingRule rule;
  PlainNetwork whole(shape, rule, 3);
  TopNetwork top(shape, rule, 3);
  const auto x = random_values(6 * 5, 1);
  std::vector<double> labels(6 * 2);
  for (std::size_t i = 0; i < labels.size(); ++i) labels[i] = i % 3 == 0;
  std::vector<double> z1(6 * 4), gradient(6 * 4);
  add_product(z1.data(), x.data(), whole.layer(0).weights.data(), 6, 5, 4);
  const auto first_before = whole.layer(0).weights;
  top.step(z1, labels, gradient);
  whole.step(x, labels);
  EXPECT_EQ(top.layer(1).weights, whole.layer(1).weights);
  EXPECT_EQ(top.layer(2).biases, whole.layer(2).biases);
  // What the top hands back is what the first layer learns from.
  std::vector<double> wanted(5 * 4);
  add_transposed_product(wanted.data(), x.data(), gradient.data(), 5, 6, 4);
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    EXPECT_NEAR(whole.layer(0).weights[i],
                first_before[i] - rule.learning_rate * (wanted[i] / 6 + rule.l2 * first_before[i]), 1e-12);
  }
}

TEST(PlainNetwork, ALinearModelHasNoTop) {
  TrainingRule rule;
  TopNetwork top({3, {1}}, rule, 1);
  std::vector<double> gradient(2);
  top.step(std::vector<double>{0, 2}, std::vector<double>{1, 0}, gradient);
  EXPECT_DOUBLE_EQ(gradient[0], -0.5);
  EXPECT_NEAR(gradient[1], 1 / (1 + std::exp(-2)), 1e-15);
}

TEST(PlainNetwork, TakesAnotherActivation) {
  TrainingRule rule;
  rule.l2 = 0;
  PlainNetwork exact({4, {6, 1}}, rule, 2), given({4, {6, 1}}, rule, 2);
  given.set_activation({[](std::span<const double> z, std::span<double> out) { sigmoid(z, out); },
                        [](std::span<const double> z, std::span<double> out) {
                          sigmoid(z, out);
                          for (double& s : out) s *= 1 - s;
                        }});
  const auto x = random_values(8 * 4, 1);
  const std::vector<double> labels{1, 0, 0, 1, 1, 0, 1, 0};
  for (int i = 0; i < 3; ++i) {
    exact.step(x, labels);
    given.step(x, labels);
  }
  for (std::size_t i = 0; i < 24; ++i)
    EXPECT_NEAR(exact.layer(0).weights[i], given.layer(0).weights[i], 1e-14);
}

TEST(PlainNetwork, LearnsWhatOneLayerCannot) {
  const std::vector<double> x{-1, -1, -1, 1, 1, -1, 1, 1}, labels{0, 1, 1, 0};
  TrainingRule rule{.optimizer = Optimizer::kMomentum, .learning_rate = 0.5, .l2 = 0};
  PlainNetwork network({2, {8, 1}}, rule, 1);
  for (int i = 0; i < 2000; ++i) network.step(x, labels);
  const auto logits = network.forward(x);
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(logits[i] > 0, labels[i] == 1);
}

}  // namespace
}  // namespace pai::client::nn
