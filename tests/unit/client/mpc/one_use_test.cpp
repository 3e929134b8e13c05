// A mask hides one value. A second value under the same mask would give their difference away, so it is our own bug and aborts.
#include <gtest/gtest.h>

#include "client/channel/memory_channel.h"
#include "client/mpc/carried_product.h"
#include "client/mpc/contest.h"
#include "client/mpc/cut_tensor.h"
#include "client/mpc/gate.h"
#include "client/mpc/reciprocal.h"
#include "client/mpc/owned_product.h"
#include "client/mpc/shared_product.h"
#include "client/mpc/shuffle.h"
#include "client/mpc/sigmoid.h"
#include "client/mpc/truncation.h"
#include "unit/client/mpc/lone_source.h"

namespace pai::client::mpc::test {
namespace {

constexpr const char* kTwice = "a mask serves one value";

class OneUseDeathTest : public testing::Test {
 protected:
  OneUseDeathTest() {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    source_.begin();
    batch_.masked = {masked_.data(), 2, 3, 3};
  }
  LoneSource source_;
  std::vector<Word> words_ = std::vector<Word>(6);
  std::vector<Word> masked_ = std::vector<Word>(6);
  OwnedRows batch_;
};

TEST_F(OneUseDeathTest, Truncation) {
  Truncation tool;
  tool.draw(source_, 6, 3);
  tool.mask(words_, true);
  EXPECT_DEATH(tool.mask(words_, true), kTwice);
  tool.draw(source_, 6, 3);
  tool.mask(words_, true);
}

TEST_F(OneUseDeathTest, CutTensor) {
  mpc::CutTensor tool;
  tool.draw(source_, 6, 3);
  tool.mask(words_, true);
  EXPECT_DEATH(tool.mask(words_, true), kTwice);
  tool.draw(source_, 6, 3, CutRing::kNarrow);
  tool.mask(words_, true);
}

/// A channel that nobody is behind: the guards stand before anything is sent.
struct Alone {
  std::vector<std::unique_ptr<TaskChannel>> channels = make_memory_channels(1);
  Group group{{0}, 0};
  Exchange exchange{*channels[0], group};
};

TEST_F(OneUseDeathTest, Comparison) {
  Alone alone;
  mpc::Comparison tool;
  std::vector<Word> bits;
  tool.draw(source_, 6);
  EXPECT_TRUE(tool.run(alone.exchange, words_, true, bits).ok());
  EXPECT_DEATH((void)tool.run(alone.exchange, words_, true, bits), kTwice);
}

TEST_F(OneUseDeathTest, Reciprocal) {
  Alone alone;
  mpc::Reciprocal tool(mpc::ReciprocalPlan(1, 100, 14));
  tool.draw(source_, 6);
  tool.mask(words_);
  EXPECT_DEATH(tool.mask(words_), kTwice);
}

TEST_F(OneUseDeathTest, Contest) {
  Alone alone;
  mpc::Contest tool;
  tool.draw(source_, {3, 3}, mpc::Contest::Selects::kValues, 1);
  EXPECT_TRUE(tool.run(alone.exchange, words_, true).ok());
  EXPECT_DEATH((void)tool.run(alone.exchange, words_, true), kTwice);
  tool.mask(0, words_);
  EXPECT_DEATH(tool.mask(0, words_), "one selection");
  tool.open(alone.exchange);
  std::vector<Word> winners;
  EXPECT_DEATH((void)tool.open_winners(alone.exchange, winners), kTwice) << "winners are opened or selected by, not both";
}

TEST_F(OneUseDeathTest, Gate) {
  Alone alone;
  mpc::Gate tool;
  const std::vector<Word> bits(1);
  tool.draw(source_, 6);
  EXPECT_TRUE(tool.run(alone.exchange, bits, bits, true, words_).ok());
  EXPECT_DEATH((void)tool.run(alone.exchange, bits, bits, true, words_), kTwice);
}

TEST_F(OneUseDeathTest, Waves) {
  mpc::Waves tool;
  tool.draw(source_, 6, 30, 2);
  tool.mask(words_);
  EXPECT_DEATH(tool.mask(words_), kTwice);
  tool.draw(source_, 6, 30, 2);
  tool.mask(words_);
}

TEST_F(OneUseDeathTest, OwnedProduct) {
  mpc::OwnedProduct tool;
  tool.draw(source_, batch_, 2);
  tool.mask(words_);
  EXPECT_DEATH(tool.mask(words_), kTwice);
  tool.draw(source_, batch_, 2);
  tool.mask(words_);
}

TEST_F(OneUseDeathTest, OwnedTransposedProduct) {
  mpc::OwnedTransposedProduct tool;
  tool.draw(source_, batch_, 3);
  tool.mask(words_);
  EXPECT_DEATH(tool.mask(words_), kTwice);
  tool.draw(source_, batch_, 3);
  tool.mask(words_);
}

TEST_F(OneUseDeathTest, OwnedProductWithAMaskOfBefore) {
  mpc::OwnedProduct tool;
  tool.draw(source_, batch_, 2, words_);
  tool.know(words_);
  EXPECT_DEATH(tool.mask(words_), kTwice) << "it may hide nothing here";
}

TEST_F(OneUseDeathTest, CarriedProduct) {
  mpc::CarriedProduct tool;
  tool.draw(source_, batch_, 2);
  tool.mask(words_);
  EXPECT_DEATH(tool.mask(words_), kTwice);
  tool.mask_next(words_);
  EXPECT_DEATH(tool.mask_next(words_), kTwice);
  tool.advance();
  tool.draw(source_, batch_, 2);
  EXPECT_FALSE(tool.needs_round());
  tool.mask_next(words_);
  EXPECT_DEATH(tool.mask_next(words_), kTwice);
}

TEST_F(OneUseDeathTest, MaskedTensor) {
  mpc::MaskedTensor tool;
  tool.draw(source_, 6);
  tool.mask(words_);
  EXPECT_DEATH(tool.mask(words_), kTwice);
  tool.draw(source_, 6);
  tool.mask(words_);
}

TEST_F(OneUseDeathTest, Shuffle) {
  // The last of three parties: its masked shares go to the first two, then those hang up.
  auto channels = make_memory_channels(3);
  const Group group{{0, 1, 2}, 2};
  mpc::Shuffle tool;
  tool.draw(source_, group, 6, 1);
  channels[0].reset();
  EXPECT_FALSE(tool.run(*channels[2], group, 0, words_).ok());
  EXPECT_DEATH((void)tool.run(*channels[2], group, 0, words_), kTwice);
}

TEST_F(OneUseDeathTest, NothingIsMaskedBeforeAnythingWasDrawn) {
  std::vector<Word> none;
  EXPECT_DEATH(mpc::MaskedTensor().mask(none), kTwice);
  EXPECT_DEATH(mpc::Truncation().mask(none, true), kTwice);
}

}  // namespace
}  // namespace pai::client::mpc::test
