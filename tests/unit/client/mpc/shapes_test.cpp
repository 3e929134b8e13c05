// Shapes that do not fit are our own bug: they abort before a word is read that is not there.
#include <gtest/gtest.h>

#include "client/channel/memory_channel.h"
#include "client/mpc/carried_product.h"
#include "client/mpc/cut_product.h"
#include "client/mpc/owned_product.h"
#include "client/mpc/shared_product.h"
#include "client/mpc/shuffle.h"
#include "client/mpc/sigmoid.h"
#include "client/mpc/truncation.h"
#include "unit/client/mpc/lone_source.h"

namespace pai::client::mpc::test {
namespace {

class ShapesDeathTest : public testing::Test {
 protected:
  ShapesDeathTest() {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    source_.begin();
  }
  LoneSource source_;
  std::vector<Word> five_ = std::vector<Word>(5), six_ = std::vector<Word>(6);
};

TEST_F(ShapesDeathTest, TruncationsAreOfOneToSixtyOneBits) {
  Truncation tool;
  for (const int bits : {-1, 0, 62, 64}) EXPECT_DEATH(tool.draw(source_, 5, bits), "truncation by");
  tool.draw(source_, 5, 1);
  tool.draw(source_, 5, 61);
  for (const int bits : {-1, 0, 30, 32}) EXPECT_DEATH(tool.draw(source_, 5, bits, CutRing::kNarrow), "truncation by");
  tool.draw(source_, 5, 1, CutRing::kNarrow);
  tool.draw(source_, 5, 29, CutRing::kNarrow);
}

TEST_F(ShapesDeathTest, WavesAreOfScalesThatTheirKernelsTakeAtClientsAndDealerAlike) {
  for (const bool is_dealer : {false, true}) {
    LoneSource source(is_dealer);
    source.begin();
    Waves tool;
    for (const int scale : {-6, 0, ring::kAngleBitsMax - ring::kPeriodBits + 1, 58, 64}) {
      EXPECT_DEATH(tool.draw(source, 5, scale, 10), "scale");
    }
    tool.draw(source, 5, 1, 10);
    tool.draw(source, 5, ring::kAngleBitsMax - ring::kPeriodBits, 10);
  }
}

TEST_F(ShapesDeathTest, ValuesHaveTheSizeThatWasDrawn) {
  Truncation cut;
  Waves waves;
  MaskedTensor tensor;
  cut.draw(source_, 5, 3);
  waves.draw(source_, 5, 20, 2);
  tensor.draw(source_, 5);
  EXPECT_DEATH(cut.mask(six_, true), "another size");
  EXPECT_DEATH(waves.mask(six_), "another size");
  EXPECT_DEATH(tensor.mask(six_), "another size");
  cut.mask(five_, true);
  EXPECT_DEATH(cut.take(six_, true), "another size");
}

TEST_F(ShapesDeathTest, CarriedProductsFitTheirWeights) {
  OwnedRows batch;
  batch.masked = {six_.data(), 2, 3, 3};
  CarriedProduct product;
  product.draw(source_, batch, 2);
  Truncation five, six;
  five.draw(source_, 5, 3);
  six.draw(source_, 6, 3);
  EXPECT_DEATH(product.carry(five, 1), "fewer words cut");
  product.carry(six, 1);
  EXPECT_DEATH(product.mask_next(five_), "another size");
  EXPECT_DEATH(product.advance(), "not opened");
  EXPECT_DEATH(product.mask(five_), "another shape");
}

TEST_F(ShapesDeathTest, ProductsFitTheirTensors) {
  using Kind = SharedProduct::Kind;
  MaskedTensor five, six;
  five.draw(source_, 5);
  six.draw(source_, 6);
  SharedProduct product;
  EXPECT_DEATH(product.draw(source_, {Kind::kInner}, five, six), "shape");
  EXPECT_DEATH(product.draw(source_, {Kind::kElements, 6, 1, 1}, five, six), "shape");
  EXPECT_DEATH(product.draw(source_, {Kind::kElements, 5, 1, 1}, six, six), "shape");
  EXPECT_DEATH(product.draw(source_, {Kind::kMatrix, 2, 3, 2}, six, five), "shape");
  EXPECT_DEATH(product.draw(source_, {Kind::kMatrix, 2, 3, 3}, six, six), "shape");
  EXPECT_DEATH(product.draw(source_, {Kind::kFirstTransposed, 4, 2, 3}, six, six), "shape");
  EXPECT_DEATH(product.draw(source_, {Kind::kSecondTransposed, 2, 2, 3}, six, six), "shape");
  product.draw(source_, {Kind::kMatrix, 2, 3, 2}, six, six);
  product.draw(source_, {Kind::kFirstTransposed, 3, 2, 3}, six, six);
  product.draw(source_, {Kind::kSecondTransposed, 3, 2, 3}, six, six);
  product.draw(source_, {Kind::kElements, 3, 1, 2}, six, six);
  product.draw(source_, {Kind::kInner}, six, six);
}

TEST_F(ShapesDeathTest, ProductsFitTheirCutTensors) {
  using Kind = SharedProduct::Kind;
  CutTensor five, six;
  MaskedTensor three;
  five.draw(source_, 5, 3);
  six.draw(source_, 6, 3, CutRing::kNarrow);
  three.draw(source_, 3);
  CutElements elements;
  EXPECT_DEATH(elements.draw(source_, five, six), "shape");
  CutProduct product;
  EXPECT_DEATH(product.draw(source_, {Kind::kMatrix, 2, 3, 1}, five, three), "shape");
  EXPECT_DEATH(product.draw(source_, {Kind::kMatrix, 3, 2, 1}, six, three), "shape");
  EXPECT_DEATH(product.draw(source_, {Kind::kSecondTransposed, 2, 3, 1}, six, three), "shape");
  product.draw(source_, {Kind::kMatrix, 2, 3, 1}, six, three);
  product.draw(source_, {Kind::kFirstTransposed, 2, 3, 1}, six, three);
  std::vector<Word> two(2);
  EXPECT_DEATH(product.take(six, three, two), "shape") << "nothing was opened";
}

TEST_F(ShapesDeathTest, AShuffledTableHasTheSizeThatWasDrawn) {
  auto channels = make_memory_channels(2);
  const Group group{{0, 1}, 0};
  Shuffle tool;
  tool.draw(source_, group, 3, 2);
  EXPECT_DEATH((void)tool.run(*channels[0], group, 0, five_), "another size");
}

}  // namespace
}  // namespace pai::client::mpc::test
