// Results hold a value or an error, move without copies, and abort when the wrong side is read.
#include "common/base/result.h"

#include <memory>
#include <string>

#include <gtest/gtest.h>

namespace pai {
namespace {

Result<std::unique_ptr<int>> half(int number) {
  if (number % 2 != 0) return Error(ErrorCode::kInvalid, "odd");
  return std::make_unique<int>(number / 2);
}

Result<int> quarter(int number) {
  PAI_ASSIGN(auto first, half(number));
  PAI_ASSIGN(auto second, half(*first));
  return *second;
}

Status is_even(int number) {
  PAI_TRY(half(number));
  return {};
}

TEST(Results, CarryMoveOnlyValuesThroughAssign) {
  const auto result = quarter(12);
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(*result, 3);
}

TEST(Results, ReturnTheFirstErrorToTheCaller) {
  const auto at_second_step = quarter(6);
  ASSERT_FALSE(at_second_step.ok());
  EXPECT_EQ(at_second_step.error().message(), "odd");
  EXPECT_FALSE(is_even(3).ok());
  EXPECT_TRUE(is_even(4).ok());
}

TEST(ResultsDeathTest, AbortWhenTheWrongSideIsRead) {
  EXPECT_DEATH((void)quarter(1).value(), "odd");
  EXPECT_DEATH((void)quarter(4).error(), "holds a value");
  EXPECT_DEATH(is_even(3).value(), "odd");
}

TEST(ChecksDeathTest, NameTheirPlaceAndCondition) {
  EXPECT_DEATH(PAI_CHECK(1 + 1 == 3, "arithmetic holds"), "result_test.cpp:[0-9]+: check failed: arithmetic holds .1 . 1 == 3");
}

}  // namespace
}  // namespace pai
