// What a damaged part of a model says: an error, never an end of the program.
#include <gtest/gtest.h>

#include "client/boost/boost_model.h"

namespace pai::client::boost {
namespace {

BoostModel model_with(nlohmann::json base_scores) {
  BoostModel model;
  model.outputs = 2;
  model.own = {{"base_scores", std::move(base_scores)}};
  return model;
}

TEST(BoostModel, BaseScoresAreReadAsTheyWereStored) {
  const auto scores = base_scores_of(model_with({-1.25, 3}));
  ASSERT_TRUE(scores.ok());
  EXPECT_EQ(*scores, (std::vector<double>{-1.25, 3}));
}

TEST(BoostModel, DamagedBaseScoresAreErrors) {
  const nlohmann::json damaged[] = {nullptr,  nlohmann::json::array(), {1},     {1, 2, 3},     {1, "2"},         {1, nullptr},
                                    {1, 1e9}, {-1e300, 0},             {1, {}}, {{"a", 1}, 2}, nlohmann::json(5), {0, 24.5}};
  for (const auto& scores : damaged) {
    const auto read = base_scores_of(model_with(scores));
    ASSERT_FALSE(read.ok()) << scores;
    EXPECT_EQ(read.error().code(), ErrorCode::kInvalid) << scores;
  }
  BoostModel without;
  for (const auto& own : {nlohmann::json(), nlohmann::json::array(), nlohmann::json(3), nlohmann::json::object()}) {
    without.own = own;
    EXPECT_FALSE(base_scores_of(without).ok()) << own;
  }
}

}  // namespace
}  // namespace pai::client::boost
