// The reference's settings and what contradicts them.
#include "client/nn/core/model_shape.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client/nn/core/settings.h"

namespace pai::client::nn {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(ModelShape, TheReferencesNetworks) {
  EXPECT_THAT(*layer_widths({64, {1}, 1}), ElementsAre(64, 1));
  EXPECT_THAT(*layer_widths({64, {32, 1}, 1}), ElementsAre(64, 32, 1));
  EXPECT_THAT(*layer_widths({1, {}, 1}), ElementsAre(1));
  EXPECT_THAT(*layer_widths({{}, {}, {}}), ElementsAre(1));
  EXPECT_THAT(*layer_widths({{}, {}, 10}), ElementsAre(10));
  EXPECT_THAT(*layer_widths({32, {10}, {}}), ElementsAre(32, 10));
}

TEST(ModelShape, KnowsItsSizes) {
  const auto shape = model_shape(23, {64, {32, 1}, 1});
  ASSERT_TRUE(shape.ok());
  EXPECT_EQ(shape->layers(), 3u);
  EXPECT_EQ(shape->fan_in(0), 23u);
  EXPECT_EQ(shape->fan_in(2), 32u);
  EXPECT_EQ(shape->weights(1), 64u * 32);
  EXPECT_EQ(shape->outputs(), 1u);
  EXPECT_EQ(shape->parameters(), 24u * 64 + 65 * 32 + 33);
}

TEST(ModelShape, SaysWhatContradicts) {
  const struct {
    ShapeSettings settings;
    const char* where;
    const char* message;
  } cases[] = {{{1, {}, 10}, "in_dim", "1 contradicts out_dim 10"},
               {{64, {2}, 1}, "out_dim", "1 contradicts the last of `layers`, 2"},
               {{{}, {32, 1}, 1}, "in_dim", "is missing"},
               {{0, {1}, 1}, "in_dim", "0 is not a width"},
               {{64, {32, 0}, {}}, "layers[1]", "0 is not a width"},
               {{64, {1}, 100'000}, "out_dim", "100000 is not a width"}};
  for (const auto& c : cases) {
    const auto refused = layer_widths(c.settings);
    ASSERT_FALSE(refused.ok()) << c.message;
    EXPECT_EQ(refused.error().details()[0].where, c.where);
    EXPECT_THAT(refused.error().message(), HasSubstr(c.message));
  }
}

TEST(ModelShape, RefusesNothingAndTooMuch) {
  EXPECT_FALSE(model_shape(0, {}).ok());
  EXPECT_FALSE(model_shape(60'000, {60'000, {1}, 1}).ok());
  EXPECT_FALSE(model_shape(~std::size_t{0}, {1, {}, 1}).ok());
}

TEST(Settings, NamesReadBack) {
  for (const Loss loss : {Loss::kLogloss, Loss::kMse}) EXPECT_EQ(*loss_from(name_of(loss)), loss);
  for (const Optimizer one : {Optimizer::kSgd, Optimizer::kMomentum})
    EXPECT_EQ(*optimizer_from(name_of(one)), one);
  for (const auto one : {OutputActivation::kSigmoid, OutputActivation::kNone})
    EXPECT_EQ(*activation_from(name_of(one)), one);
  EXPECT_THAT(loss_from("hinge").error().message(), HasSubstr("loss: 'hinge' is not one of"));
  EXPECT_FALSE(optimizer_from("adam").ok());
  EXPECT_FALSE(activation_from("relu").ok());
}

TEST(Settings, LoglossNeedsASigmoid) {
  TrainingRule rule;
  EXPECT_TRUE(check_rule(rule).ok());
  rule.activation = OutputActivation::kNone;
  EXPECT_FALSE(check_rule(rule).ok());
  rule.loss = Loss::kMse;
  EXPECT_TRUE(check_rule(rule).ok());
}

}  // namespace
}  // namespace pai::client::nn
