// One set of primitives serves operation after operation of changing size, as an evaluation's last, smaller part and the next batch do: nothing
// of an earlier operation is left in a later one.
#include <algorithm>
#include <cmath>

#include "client/mpc/cut_product.h"
#include "client/mpc/shared_product.h"
#include "client/mpc/shuffle.h"
#include "client/mpc/sigmoid.h"
#include "client/mpc/truncation.h"
#include "client/ring/words.h"
#include "integration/mpc/parties.h"
#include "integration/mpc/plain_products.h"
#include "integration/mpc/shares.h"

namespace pai::client::mpc::test {
namespace {

constexpr std::size_t kSizes[] = {64, 1, 37, 64, 100, 3, 3, 2, 99};
constexpr int kScale = 34, kCut = 20, kHarmonics = 10;

struct Tools {
  Truncation cut;
  Waves waves;
  MaskedTensor x, y;
  SharedProduct product, inner;
  CutTensor wide, narrow;
  CutElements cut_product;
  CutProduct cut_inner;
  Shuffle shuffle;

  void draw(Source& source, const Group& group, std::size_t size) {
    cut.draw(source, size, kCut);
    waves.draw(source, size, kScale, kHarmonics);
    x.draw(source, size);
    y.draw(source, size);
    product.draw(source, {SharedProduct::Kind::kElements, size, 1, 1}, x, y);
    inner.draw(source, {SharedProduct::Kind::kInner}, x, y);
    wide.draw(source, size, kCut);
    narrow.draw(source, size, kCut, CutRing::kNarrow);
    cut_product.draw(source, wide, narrow);
    cut_inner.draw(source, {SharedProduct::Kind::kMatrix, 1, size, 1}, wide, y);
    shuffle.draw(source, group, size, 1);
  }
};

struct Results {
  Shares cut, sigmoid, product, inner, wide, narrow, cut_product, cut_inner, shuffled;
  Results(std::size_t parties, std::size_t size)
      : cut(parties, Words(size)), sigmoid(cut), product(cut), inner(parties, Words(1)), wide(cut), narrow(cut),
        cut_product(cut), cut_inner(inner), shuffled(cut) {}
};

class ReuseBy : public testing::TestWithParam<int> {};

TEST_P(ReuseBy, OperationsOfChangingSizesAreEachRight) {
  const auto series = ring::sigmoid_series(kHarmonics);
  std::vector<Shares> inputs;
  std::vector<Results> results;
  std::vector<std::vector<double>> z;
  for (const auto size : kSizes) {
    auto& values = z.emplace_back();
    Words words;
    for (std::size_t i = 0; i < size; ++i) {
      values.push_back(std::sin(static_cast<double>(i * 7 + size)) * 20);
      words.push_back(ring::encode(values.back(), kScale));
    }
    inputs.push_back(share(words, GetParam(), Sharing::kRandom, size));
    results.emplace_back(static_cast<std::size_t>(GetParam()), size);
  }
  Parties parties(GetParam());
  parties.run(
      [&](DataClient& self) -> Status {
        Tools tools;
        for (std::size_t i = 0; i < std::size(kSizes); ++i) {
          const auto size = kSizes[i];
          const auto party = self.party();
          const auto& own = inputs[i][party];
          auto& result = results[i];
          PAI_TRY(self.begin([&](Source& source) { tools.draw(source, self.group, size); }));
          tools.cut.mask(own, self.leads());
          tools.waves.mask(own);
          tools.x.mask(own);
          tools.y.mask(own);
          tools.wide.mask(own, self.leads());
          tools.narrow.mask(own, self.leads());  // of which the low half alone is cut
          tools.cut.open(self.exchange);
          tools.waves.open(self.exchange);
          tools.x.open(self.exchange);
          tools.y.open(self.exchange);
          tools.wide.open(self.exchange);
          tools.narrow.open(self.exchange);
          PAI_TRY(self.exchange.run());
          tools.cut.take(result.cut[party], self.leads());
          tools.waves.take(series, {}, result.sigmoid[party], {});
          tools.product.take(tools.x, tools.y, result.product[party]);
          tools.inner.take(tools.x, tools.y, result.inner[party]);
          tools.wide.take(self.leads());
          tools.narrow.take(self.leads());
          result.wide[party].assign(tools.wide.share().begin(), tools.wide.share().end());
          result.narrow[party].assign(tools.narrow.share().begin(), tools.narrow.share().end());
          tools.cut_product.take(tools.wide, tools.narrow, result.cut_product[party]);
          tools.cut_inner.take(tools.wide, tools.y, result.cut_inner[party]);
          result.shuffled[party] = own;
          PAI_TRY(tools.shuffle.run(self.channel, self.group, self.source.operation(), result.shuffled[party]));
        }
        return {};
      },
      [&](DealerSource& source) -> Status {
        Tools tools;
        for (const auto size : kSizes) {
          source.begin();
          tools.draw(source, parties.group(Parties::kDealer), size);
          PAI_TRY(source.finish());
        }
        return {};
      });
  ASSERT_TRUE(parties.ok()) << parties.messages();
  for (std::size_t i = 0; i < std::size(kSizes); ++i) {
    const auto x = sum(inputs[i]);
    const auto cut = sum(results[i].cut), sigmoid = sum(results[i].sigmoid), product = sum(results[i].product);
    for (std::size_t k = 0; k < x.size(); ++k) {
      const auto floor = static_cast<Word>(static_cast<std::int64_t>(x[k]) >> kCut);
      EXPECT_LE(cut[k] - floor, 1U);
      EXPECT_NEAR(ring::decode(sigmoid[k], ring::kSigmoidScale) + 0.5, 1 / (1 + std::exp(-z[i][k])), 0.002);
      EXPECT_EQ(product[k], x[k] * x[k]);
    }
    const auto wide = sum(results[i].wide), narrow = sum(results[i].narrow), cut_product = sum(results[i].cut_product);
    for (std::size_t k = 0; k < x.size(); ++k) {
      EXPECT_LE(wide[k] - static_cast<Word>(static_cast<std::int64_t>(x[k]) >> kCut), 1U);
      EXPECT_EQ(cut_product[k], wide[k] * narrow[k]);
    }
    EXPECT_EQ(sum(results[i].cut_inner), test::product(wide, x, 1, x.size(), 1));
    EXPECT_EQ(sum(results[i].inner), test::product(x, x, 1, x.size(), 1));
    auto before = x, after = sum(results[i].shuffled);
    std::sort(before.begin(), before.end());
    std::sort(after.begin(), after.end());
    EXPECT_EQ(before, after);
  }
}

INSTANTIATE_TEST_SUITE_P(Parties, ReuseBy, testing::Values(2, 3, 4));

}  // namespace
}  // namespace pai::client::mpc::test
