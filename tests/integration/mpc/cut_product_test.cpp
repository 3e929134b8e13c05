// Products of tensors as their truncation left them, against the plain products of what the truncation made
// of them: both rings, every number of bits, the edges of the range, every combination of wraps, and that
// nothing but the truncation is opened.
#include "client/mpc/cut_product.h"

#include "client/mpc/cut_tensor.h"
#include "client/ring/words.h"
#include "integration/mpc/cut_elements.h"
#include "integration/mpc/parties.h"
#include "integration/mpc/plain_products.h"
#include "integration/mpc/shares.h"
#include "integration/mpc/statistics.h"
#include "integration/mpc/wire_words.h"

namespace pai::client::mpc::test {
namespace {

using Kind = SharedProduct::Kind;
using Shape = SharedProduct::Shape;

/// Values of all the range that a ring cuts, the edges among them.
Words values_of(CutRing ring, std::size_t size, std::uint64_t seed) {
  const int width = static_cast<int>(ring);
  const Word edge = Word{1} << (width - 2);
  auto values = random_words(size, seed);
  for (auto& value : values) value = static_cast<Word>(static_cast<std::int64_t>(value) >> (65 - width));
  const Word edges[] = {0, 1, ~Word{0}, edge - 1, Word{0} - edge};
  for (std::size_t i = 0; i < std::size(edges) && i < size; ++i) values[(i * 7) % size] = edges[i];
  return values;
}

/// Shares whose bits above the ring's are noise, as sums of waves have them.
Shares noisy_shares(const Words& values, CutRing ring, int parties, std::uint64_t seed) {
  auto shares = share(values, parties, Sharing::kRandom, seed);
  if (ring == CutRing::kWide) return shares;
  const auto noise = random_words(values.size(), seed + 99);
  for (std::size_t i = 0; i < noise.size(); ++i) shares[0][i] += noise[i] << 32;
  return shares;
}

void expect_cut(const Words& values, const Words& cut, int bits) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto floor = static_cast<Word>(static_cast<std::int64_t>(values[i]) >> bits);
    ASSERT_TRUE(cut[i] == floor || cut[i] == floor + 1)
        << static_cast<std::int64_t>(values[i]) << " by " << bits;
  }
}

class CutsOf : public testing::TestWithParam<int> {
 protected:
  std::size_t count() const { return static_cast<std::size_t>(GetParam()); }
};

/// x and y cut, multiplied element by element; adds to the expectations. `wraps` counts the combinations of c
/// and c′.
void multiply_cuts(int parties_count, CutRing ring_of_x, int bits_of_x, CutRing ring_of_y, int bits_of_y,
                   std::size_t size, std::size_t (&wraps)[4]) {
  const auto seed = static_cast<std::uint64_t>(bits_of_x * 100 + bits_of_y);
  const auto x = values_of(ring_of_x, size, seed), y = values_of(ring_of_y, size, seed + 7);
  const auto x_shares = noisy_shares(x, ring_of_x, parties_count, seed),
             y_shares = noisy_shares(y, ring_of_y, parties_count, seed + 1);
  Shares x_cut(x_shares.size(), Words(size)), y_cut = x_cut, results = x_cut;
  Parties parties(parties_count);
  run_operation<CutElementsTools>(
      parties,
      [&](Source& source, CutElementsTools& tools) {
        tools.x.draw(source, size, bits_of_x, ring_of_x);
        tools.y.draw(source, size, bits_of_y, ring_of_y);
        tools.product.draw(source, tools.x, tools.y);
      },
      [&](DataClient& self, CutElementsTools& tools) -> Status {
        PAI_TRY(tools.multiply(self, x_shares[self.party()], y_shares[self.party()], results[self.party()]));
        x_cut[self.party()].assign(tools.x.share().begin(), tools.x.share().end());
        y_cut[self.party()].assign(tools.y.share().begin(), tools.y.share().end());
        if (self.leads()) {
          for (std::size_t i = 0; i < size; ++i)
            ++wraps[(tools.x.wraps()[i] & 1) * 2 + (tools.y.wraps()[i] & 1)];
        }
        return {};
      });
  const auto cut_x = sum(x_cut), cut_y = sum(y_cut), product = sum(results);
  expect_cut(x, cut_x, bits_of_x);
  expect_cut(y, cut_y, bits_of_y);
  for (std::size_t i = 0; i < size; ++i) {
    ASSERT_EQ(product[i], cut_x[i] * cut_y[i]) << bits_of_x << " and " << bits_of_y << " bits";
  }
}

TEST_P(CutsOf, ElementsOfEveryPairOfRingsAndBitsAreThePlainProducts) {
  std::size_t wraps[4] = {};
  const auto narrow = CutRing::kNarrow, wide = CutRing::kWide;
  for (const int bits : {1, 2, 13, 14, 16, 28, 29}) {
    for (const int other : {1, 7, 16, 29}) multiply_cuts(GetParam(), narrow, bits, narrow, other, 60, wraps);
  }
  for (int bits = 1; bits <= 61; ++bits) {
    multiply_cuts(GetParam(), wide, bits, narrow, bits % 29 + 1, 60, wraps);
    multiply_cuts(GetParam(), wide, bits, wide, 62 - bits, 60, wraps);
  }
  multiply_cuts(GetParam(), wide, 32, narrow, 16, 5000, wraps);  // as networks have them
  multiply_cuts(GetParam(), wide, 20, narrow, 16, 5000, wraps);
  multiply_cuts(GetParam(), narrow, 12, narrow, 16, 5000, wraps);
  for (const auto combination : wraps) EXPECT_GT(combination, 1000U);
}

struct MatrixTools {
  CutTensor x;
  MaskedTensor y, z;
  CutProduct forwards, backwards;
};

TEST_P(CutsOf, MatrixProductsBothWaysAreThePlainProducts) {
  constexpr std::size_t kShapes[][3] = {{1, 1, 1}, {3, 5, 1}, {16, 64, 1}, {7, 4, 3},
                                        {1, 9, 4}, {9, 1, 2}, {33, 17, 4}};
  for (const auto ring : {CutRing::kNarrow, CutRing::kWide}) {
    for (const auto& [rows, inner, width] : kShapes) {
      for (const int bits : {1, 14, 16, 29, 32, 44, 61}) {
        if (bits > static_cast<int>(ring) - 3) continue;
        const auto x = values_of(ring, rows * inner, static_cast<std::uint64_t>(bits));
        const auto y = random_words(inner * width, 2), z = random_words(rows * width, 3);
        const auto x_shares = noisy_shares(x, ring, GetParam(), 4);
        const auto y_shares = share(y, GetParam()), z_shares = share(z, GetParam(), Sharing::kOneHolds);
        Shares x_cut(count(), Words(x.size())), forwards(count(), Words(rows * width)),
            backwards(count(), Words(inner * width));
        Parties parties(GetParam());
        run_operation<MatrixTools>(
            parties,
            [&](Source& source, MatrixTools& tools) {
              tools.y.draw(source, y.size());
              tools.x.draw(source, x.size(), bits, ring);
              tools.forwards.draw(source, {Kind::kMatrix, rows, inner, width}, tools.x, tools.y);
              tools.z.draw(source, z.size());
              tools.backwards.draw(source, {Kind::kFirstTransposed, inner, rows, width}, tools.x, tools.z);
            },
            [&](DataClient& self, MatrixTools& tools) -> Status {
              tools.y.mask(y_shares[self.party()]);
              tools.x.mask(x_shares[self.party()], self.leads());
              tools.y.open(self.exchange);
              tools.x.open(self.exchange);
              PAI_TRY(self.exchange.run());
              tools.x.take(self.leads());
              tools.forwards.take(tools.x, tools.y, forwards[self.party()]);
              tools.z.mask(z_shares[self.party()]);
              tools.z.open(self.exchange);
              PAI_TRY(self.exchange.run());
              tools.backwards.take(tools.x, tools.z, backwards[self.party()]);
              x_cut[self.party()].assign(tools.x.share().begin(), tools.x.share().end());
              return {};
            });
        const auto cut = sum(x_cut);
        expect_cut(x, cut, bits);
        ASSERT_EQ(sum(forwards), product(cut, y, rows, inner, width)) << bits << " bits";
        ASSERT_EQ(sum(backwards), product(transposed(cut, rows, inner), z, inner, rows, width))
            << bits << " bits";
      }
    }
  }
}

/// What is dealt for a network's last hidden layer, in bytes an element: P2 of σ by 14, of σ′ by 16 and of
/// the error by 32 bits, error ∘ slope, and the products of b with the weights' and the delta's masks.
TEST_P(CutsOf, DealtProductsAreAsWideAsTheirPowersOfTwoLeaveThem) {
  struct Tools {
    CutTensor value, slope, error;
    MaskedTensor weights, delta;
    CutProduct forwards, backwards;
    CutElements product;
  };
  constexpr std::size_t kRows = 10, kInner = 8, kSize = kRows * kInner;
  Parties parties(GetParam());
  run_operation<Tools>(
      parties,
      [&](Source& source, Tools& tools) {
        tools.weights.draw(source, kInner);
        tools.delta.draw(source, kRows);
        tools.value.draw(source, kSize, 14, CutRing::kNarrow);
        tools.slope.draw(source, kSize, 16, CutRing::kNarrow);
        tools.error.draw(source, kSize, 32);
        tools.forwards.draw(source, {Kind::kMatrix, kRows, kInner, 1}, tools.value, tools.weights);
        tools.backwards.draw(source, {Kind::kFirstTransposed, kInner, kRows, 1}, tools.value, tools.delta);
        tools.product.draw(source, tools.error, tools.slope);
      },
      [&](DataClient&, Tools&) { return Status(); });
  std::size_t sent = 0;
  for (const auto& correction : parties.sent<v1::Correction>()) sent += correction.message.words().size();
  EXPECT_EQ(sent, kSize * ((8 + 6) + (8 + 6) + (8 + 4) + 6 + 6 + (8 + 6 + 4 + 2)) + 8 * (kRows + kInner));
}

TEST_P(CutsOf, WhatIsOpenedAndWhatResultsIsUniform) {
  // Constant values that the last party holds alone; the products' openings are those of the truncations.
  constexpr std::size_t kSize = 1500;
  const auto operations = 4 * count();  // everybody has its turn four times
  for (const Word value : {Word{0}, (Word{1} << 30) - 1, Word{0} - (Word{1} << 30)}) {
    const auto shares = share(Words(kSize, value), GetParam(), Sharing::kOneHolds);
    Shares results(count());
    Parties parties(GetParam());
    run_operations<CutElementsTools>(
        parties, operations,
        [&](Source& source, CutElementsTools& tools) {
          tools.x.draw(source, kSize, 32);
          tools.y.draw(source, kSize, 16, CutRing::kNarrow);
          tools.product.draw(source, tools.x, tools.y);
        },
        [&](DataClient& self, CutElementsTools& tools, std::size_t) -> Status {
          Words product(kSize);
          PAI_TRY(tools.multiply(self, shares[self.party()], shares[self.party()], product));
          auto& all = results[self.party()];
          all.insert(all.end(), product.begin(), product.end());
          return {};
        });
    for (const auto& opening : parties.sent<v1::Opening>())
      EXPECT_EQ(opening.message.words().size(), kSize * (8 + 4));
    const std::vector<Segment> corrections = {{kSize}, {kSize, 32}, {kSize},     {kSize, 48},
                                              {kSize}, {kSize, 48}, {kSize, 32}, {kSize, 16}};
    for (const auto& [name, words, bits] : wire_words(parties, {{kSize}, {kSize, 32}}, corrections)) {
      EXPECT_EQ(judge_uniform(words, bits), "") << name;
    }
    for (const auto& words : results) EXPECT_EQ(judge_uniform(words), "") << "resulting shares";
  }
}

INSTANTIATE_TEST_SUITE_P(Parties, CutsOf, testing::Values(2, 3, 4));

}  // namespace
}  // namespace pai::client::mpc::test
