// Operations are counted from 0 and never twice, tensors within an operation from 0, whatever sort they are.
#include <gtest/gtest.h>

#include "client/mpc/cut_product.h"
#include "client/mpc/owned_product.h"
#include "client/mpc/shared_product.h"
#include "client/mpc/shuffle.h"
#include "client/mpc/sigmoid.h"
#include "client/mpc/truncation.h"
#include "unit/client/mpc/lone_source.h"

namespace pai::client::mpc::test {
namespace {

TEST(Source, CountsOperationsAndTheTensorsOfEach) {
  LoneSource source;
  std::vector<Word> words(3);
  for (int i = 0; i < 2; ++i) {
    source.begin();
    source.uniform(words);
    source.own(1, words);
    source.derived(words, [](std::span<Word>) { FAIL() << "a client computed what only the dealer knows"; });
    source.given(0, 5, words, [](std::span<Word>) { FAIL() << "a client computed what only the dealer knows"; });
  }
  EXPECT_EQ(source.drawn, (std::vector<std::string>{"0/0 uniform 3", "0/1 own of 1 3", "0/2 derived 3", "0/3 given to 0 5",
                                                    "1/0 uniform 3", "1/1 own of 1 3", "1/2 derived 3", "1/3 given to 0 5"}));
}

TEST(Source, TensorsHaveAWidth) {
  LoneSource source;
  std::vector<Word> words(3);
  source.begin();
  source.derived(words, 48, [](std::span<Word>) {});
  Truncation cut;
  cut.draw(source, 5, 14, CutRing::kNarrow);  // the highest bit times 2^18 counts modulo 2^46
  cut.draw(source, 5, 20);                    // times 2^44: modulo 2^20
  EXPECT_EQ(source.drawn, (std::vector<std::string>{"0/0 derived of 48 bits 3", "0/1 uniform 5", "0/2 derived 5",
                                                    "0/3 derived of 48 bits 5", "0/4 uniform 5", "0/5 derived 5",
                                                    "0/6 derived of 24 bits 5"}));
}

TEST(Source, TheDealerComputesBeforeItSettles) {
  LoneSource source(true);
  source.begin();
  std::vector<Word> words(2);
  int computed = 0;
  source.derived(words, [&](std::span<Word> to) { computed += static_cast<int>(to.size()); });
  source.given(1, 2, words, [&](std::span<Word> to) { computed += static_cast<int>(to.size()); });
  EXPECT_EQ(computed, 4);
}

/// All primitives, as one party or the dealer draws them.
std::vector<std::string> draw_all(bool is_dealer, int self) {
  LoneSource source(is_dealer);
  const Group group{{0, 2, 3}, self};
  std::vector<Word> masked(5 * 4);
  OwnedRows batch;
  batch.masked = {masked.data(), 5, 4, 4};
  Truncation cut;
  Waves waves;
  OwnedProduct product;
  OwnedTransposedProduct transposed;
  MaskedTensor x, y;
  SharedProduct shared;
  CutTensor narrow, wide;
  CutElements elements;
  CutProduct cut_product;
  Shuffle shuffle;
  source.begin();
  cut.draw(source, 7, 3);
  waves.draw(source, 6, 20, 2);
  product.draw(source, batch, 2);
  transposed.draw(source, batch, 2);
  x.draw(source, 6);
  y.draw(source, 6);
  shared.draw(source, {SharedProduct::Kind::kMatrix, 2, 3, 2}, x, y);
  narrow.draw(source, 6, 14, CutRing::kNarrow);
  wide.draw(source, 6, 32);
  elements.draw(source, narrow, wide);
  cut_product.draw(source, {SharedProduct::Kind::kMatrix, 2, 3, 2}, narrow, y);
  shuffle.draw(source, group, 4, 2);
  auto drawn = source.drawn;
  // Whose words they are, and where; the size of what belongs to another party is only known there and at the dealer.
  for (auto& line : drawn) {
    if (line.find("own") != std::string::npos) line.erase(line.rfind(' '));
  }
  return drawn;
}

TEST(Source, EveryPartyAndTheDealerDrawTheSameTensorsInTheSameOrder) {
  const auto dealers = draw_all(true, -1);
  EXPECT_EQ(dealers.size(), 3U + 2 + 2 + 2 + 2 + 1 + 2 * 3 + 4 + 2 + 3 * (1 + 4 + 1));
  for (int self = 0; self < 3; ++self) EXPECT_EQ(draw_all(false, self), dealers) << "party " << self;
}

}  // namespace
}  // namespace pai::client::mpc::test
