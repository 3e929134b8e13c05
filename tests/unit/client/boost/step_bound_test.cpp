// Learning rates with which a leaf of a rare class would leave the shared sigmoid's range are refused before a tree is grown.
#include "client/boost/core/step_bound.h"

#include <gmock/gmock.h>

#include <vector>

namespace pai::client::boost {
namespace {

std::vector<double> labels(std::size_t ones, std::size_t rows) {
  std::vector<double> made(rows, 0.0);
  std::fill_n(made.begin(), ones, 1.0);
  return made;
}

TEST(StepBound, TheDefaultSuitsAnyClasses) {
  EXPECT_TRUE(check_step(0.1, labels(1, 100'000)).ok());
  EXPECT_TRUE(check_step(0.1, labels(99'999, 100'000)).ok());
  EXPECT_TRUE(check_step(0.1, {}).ok());
}

TEST(StepBound, LargeStepsSuitCommonClassesOnly) {
  EXPECT_TRUE(check_step(1, labels(22'000, 100'000)).ok());
  EXPECT_TRUE(check_step(0.3, labels(1'000, 100'000)).ok());
  const auto refused = check_step(0.3, labels(170, 100'000));
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), ErrorCode::kInvalid);
  EXPECT_FALSE(check_step(0.3, labels(99'830, 100'000)).ok()) << "whichever class is the rare one";
}

TEST(StepBound, TheRefusalDoesNotTellHowRareItIs) {
  EXPECT_EQ(check_step(0.3, labels(170, 100'000)).error().describe(), check_step(0.5, labels(1, 100'000)).error().describe());
}

}  // namespace
}  // namespace pai::client::boost
