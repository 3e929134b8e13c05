// When a product is carried on, at the very edges of what a truncation's sum tells, and what both sides draw
// for it.
#include "client/mpc/carried_product.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/client/mpc/lone_source.h"

namespace pai::client::mpc::test {
namespace {

using ::testing::ElementsAre;

/// A truncation whose mask is 0 and whose opened sums are `sums`: nobody else has a share.
Truncation opened(const std::vector<Word>& sums, int bits) {
  LoneSource source;
  source.begin();
  Truncation cut;
  cut.draw(source, sums.size(), bits);
  cut.mask(sums, true);
  return cut;
}

TEST(Truncation, KnowsASumThatCannotHaveWrapped) {
  constexpr Word kBound = 1000;
  const Word lost = Word{0} - 1;
  for (const auto& [sum, known] : std::vector<std::pair<Word, bool>>{{0, false},
                                                                     {kBound - 1, false},
                                                                     {kBound, true},
                                                                     {kBound + 1, true},
                                                                     {Word{1} << 63, true},
                                                                     {Word{0} - kBound - 1, true},
                                                                     {Word{0} - kBound, false},
                                                                     {lost, false}}) {
    std::vector<Word> words{7};
    EXPECT_EQ(opened({sum}, 4).subtract_known(words, kBound), known) << sum;
    EXPECT_EQ(words[0], 7 - (sum >> 4));
  }
}

TEST(Truncation, KnowsNoneWhenOneSumMayHaveWrapped) {
  constexpr Word kMiddle = Word{1} << 63;
  std::vector<Word> words(3);
  EXPECT_TRUE(opened({kMiddle, kMiddle, kMiddle}, 1).subtract_known(words, 5));
  for (const std::size_t place : {0, 1, 2}) {
    std::vector<Word> sums(3, kMiddle);
    sums[place] = 4;
    EXPECT_FALSE(opened(sums, 1).subtract_known(words, 5));
  }
  EXPECT_TRUE(opened({kMiddle, kMiddle, kMiddle, 0}, 1).subtract_known(words, 5))
      << "the fourth is none of them";
}

TEST(Truncation, KnowsNothingOfWordsWithoutABound) {
  std::vector<Word> words(1);
  for (const Word sum : {Word{0}, Word{1} << 62, Word{1} << 63, ~Word{0}}) {
    EXPECT_FALSE(opened({sum}, 1).subtract_known(words, Word{1} << 63));
  }
}

class CarriedProductOf : public testing::TestWithParam<bool> {};

TEST_P(CarriedProductOf, IsDrawnAlikeAtBothSides) {
  std::vector<Word> rows(6), weights(6);
  OwnedRows batch;
  batch.masked = {rows.data(), 2, 3, 3};
  LoneSource source(GetParam());
  CarriedProduct product;
  source.begin();
  product.draw(source, batch, 2);
  EXPECT_THAT(source.drawn, ElementsAre("0/0 uniform 6", "0/1 derived 4", "0/2 uniform 6")) << "V″, C″; V";
  source.drawn.clear();
  source.begin();
  product.draw(source, batch, 2);
  EXPECT_THAT(source.drawn, ElementsAre("1/0 derived 4", "1/1 uniform 6", "1/2 derived 4", "1/3 uniform 6"))
      << "C′ comes first, whether or not it is needed";
}
INSTANTIATE_TEST_SUITE_P(Sides, CarriedProductOf, testing::Bool());

TEST(CarriedProduct, TakesARoundAfterAnOperationThatWasNotRun) {
  std::vector<Word> rows(6), weights(6);
  OwnedRows batch;
  batch.masked = {rows.data(), 2, 3, 3};
  LoneSource source;
  CarriedProduct product;
  const auto draw = [&] {
    source.begin();
    product.draw(source, batch, 2);
  };
  draw();
  EXPECT_TRUE(product.needs_round());
  product.mask_next(weights);
  product.advance();
  draw();
  EXPECT_FALSE(product.needs_round());
  draw();
  EXPECT_TRUE(product.needs_round()) << "p belongs to masks of the operation before";
  product.mask_next(weights);
  draw();
  EXPECT_TRUE(product.needs_round()) << "what the weights lost was never opened";
}

}  // namespace
}  // namespace pai::client::mpc::test
