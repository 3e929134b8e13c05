// Whatever leaves a party, and every share it holds afterwards, is uniformly random however constant the values are: all zeros, all ones, the
// edges of the range, held by one party alone so that only the primitive's own masks can hide them. No word comes twice: a mask that
// served twice would show in equal words, or in equal sums.
#include <algorithm>

#include "client/mpc/carried_product.h"
#include "client/mpc/shared_product.h"
#include "client/mpc/shuffle.h"
#include "client/mpc/sigmoid.h"
#include "client/mpc/truncation.h"
#include "integration/mpc/owned_matrix.h"
#include "integration/mpc/statistics.h"
#include "integration/mpc/wire_words.h"

namespace pai::client::mpc::test {
namespace {

constexpr std::size_t kSize = 1500;

/// So many that everybody has its turn.
constexpr std::size_t kOperations = 4;

/// 2^17 random words have two alike in one of 2^31 runs.
void expect_distinct(Words words, const std::string& of) {
  ASSERT_LT(words.size(), std::size_t{1} << 17);
  std::sort(words.begin(), words.end());
  EXPECT_EQ(std::adjacent_find(words.begin(), words.end()), words.end()) << "a word came twice in " << of;
}

/// Judges the wire of the last run and the parties' resulting shares.
void expect_uniform(const Parties& parties, const std::vector<Segment>& segments, const Shares& results) {
  Words wire;
  for (const auto& [name, words, bits] : wire_words(parties, segments)) {
    EXPECT_EQ(judge_uniform(words, bits), "") << name;
    if (bits == 64) wire.insert(wire.end(), words.begin(), words.end());
  }
  expect_distinct(std::move(wire), "what was sent");
  for (std::size_t party = 0; party < results.size(); ++party) {
    const auto name = "resulting shares of party " + std::to_string(party);
    EXPECT_EQ(judge_uniform(results[party]), "") << name;
    expect_distinct(results[party], name);
  }
}

using Param = std::tuple<int, Word>;  // parties, the value of every secret word
class Uniform : public testing::TestWithParam<Param> {
 protected:
  int count() const { return std::get<0>(GetParam()); }
  Word value() const { return std::get<1>(GetParam()); }
  Shares constant(std::size_t size) const { return share(Words(size, value()), count(), Sharing::kOneHolds); }
  Shares no_results() const { return Shares(static_cast<std::size_t>(count())); }
  static void append(Words& to, const Words& words) { to.insert(to.end(), words.begin(), words.end()); }

  void expect_uniform_truncation(int bits, CutRing ring) const {
    const auto shares = constant(kSize);
    auto results = no_results();
    Parties parties(count());
    run_operations<mpc::Truncation>(
        parties, kOperations, [&](Source& source, mpc::Truncation& tool) { tool.draw(source, kSize, bits, ring); },
        [&](DataClient& self, mpc::Truncation& tool, std::size_t) -> Status {
          tool.mask(shares[self.party()], self.leads());
          tool.open(self.exchange);
          PAI_TRY(self.exchange.run());
          Words y(kSize);
          tool.take(y, self.leads());
          append(results[self.party()], y);
          return {};
        });
    expect_uniform(parties, {{kSize, static_cast<int>(ring)}}, results);
  }
};

TEST_P(Uniform, Truncation) { expect_uniform_truncation(20, CutRing::kWide); }

TEST_P(Uniform, NarrowTruncation) { expect_uniform_truncation(14, CutRing::kNarrow); }

TEST_P(Uniform, Waves) {
  constexpr int kScale = 36;
  const auto shares = constant(200);
  const auto series = ring::sigmoid_series(10);
  const auto slopes = ring::sigmoid_slopes(series);
  auto values = no_results(), derivatives = no_results();
  Parties parties(count());
  run_operations<Waves>(
      parties, 12, [&](Source& source, Waves& tool) { tool.draw(source, 200, kScale, 10); },
      [&](DataClient& self, Waves& tool, std::size_t) -> Status {
        tool.mask(shares[self.party()]);
        tool.open(self.exchange);
        PAI_TRY(self.exchange.run());
        Words value(200), derivative(200);
        tool.take(series, slopes, value, derivative);
        append(values[self.party()], value);
        append(derivatives[self.party()], derivative);
        return {};
      });
  expect_uniform(parties, {{200, 6 + kScale}}, values);
  expect_uniform(parties, {{200, 6 + kScale}}, derivatives);
}

struct Products {
  MaskedTensor x, y;
  SharedProduct matrix, first_transposed, second_transposed, elements;
};

TEST_P(Uniform, SharedProducts) {
  constexpr std::size_t kSide = 30, kTensor = kSide * kSide;
  const auto shares = constant(kTensor);
  auto results = no_results();
  Parties parties(count());
  run_operations<Products>(
      parties, kOperations,
      [&](Source& source, Products& tools) {
        using Kind = SharedProduct::Kind;
        tools.x.draw(source, kTensor);
        tools.y.draw(source, kTensor);
        tools.matrix.draw(source, {Kind::kMatrix, kSide, kSide, kSide}, tools.x, tools.y);
        tools.first_transposed.draw(source, {Kind::kFirstTransposed, kSide, kSide, kSide}, tools.x, tools.y);
        tools.second_transposed.draw(source, {Kind::kSecondTransposed, kSide, kSide, kSide}, tools.x, tools.y);
        tools.elements.draw(source, {Kind::kElements, kSide, 1, kSide}, tools.x, tools.y);
      },
      [&](DataClient& self, Products& tools, std::size_t) -> Status {
        tools.x.mask(shares[self.party()]);
        tools.y.mask(shares[self.party()]);
        tools.x.open(self.exchange);
        tools.y.open(self.exchange);
        PAI_TRY(self.exchange.run());
        for (const auto* product : {&tools.matrix, &tools.first_transposed, &tools.second_transposed, &tools.elements}) {
          Words result(kTensor);
          product->take(tools.x, tools.y, result);
          append(results[self.party()], result);
        }
        return {};
      });
  expect_uniform(parties, {{kTensor}, {kTensor}}, results);
}

TEST_P(Uniform, OwnedProducts) {
  constexpr std::size_t kRows = 60, kColumns = 18, kWidth = 30;
  const std::vector<std::size_t> columns(static_cast<std::size_t>(count()), kColumns);
  const auto total = kColumns * columns.size();
  const Words x(kRows * total, value());
  const auto w_shares = constant(total * kWidth), delta_shares = constant(kRows * kWidth);
  auto results = no_results();
  Parties parties(count());
  parties.run(
      [&](DataClient& self) -> Status {
        // Twice with new masks, as the trainings have two matrices: 2 · 60 · 18 masked words of each owner.
        OwnedMatrix matrix(x, columns, kRows), other(x, columns, kRows);
        PAI_TRY(matrix.exchange(self));
        PAI_TRY(other.exchange(self));
        for (int i = 0; i < count(); ++i) {
          OwnedProduct forward;
          OwnedTransposedProduct backward;
          const auto batch = matrix.batch(0, kRows);
          PAI_TRY(self.begin([&](Source& source) {
            forward.draw(source, batch, kWidth);
            backward.draw(source, batch, kWidth);
          }));
          forward.mask(w_shares[self.party()]);
          backward.mask(delta_shares[self.party()]);
          forward.open(self.exchange);
          backward.open(self.exchange);
          PAI_TRY(self.exchange.run());
          Words product(kRows * kWidth), gradient(total * kWidth);
          forward.take(batch, product);
          backward.take(batch, gradient);
          append(results[self.party()], product);
          append(results[self.party()], gradient);
        }
        return {};
      },
      [&](DealerSource& source) -> Status {
        OwnedMatrix matrix(x, columns, kRows), other(x, columns, kRows);
        PAI_TRY(matrix.deal(source));
        PAI_TRY(other.deal(source));
        for (int i = 0; i < count(); ++i) {
          OwnedProduct forward;
          OwnedTransposedProduct backward;
          source.begin();
          forward.draw(source, matrix.batch(0, kRows), kWidth);
          backward.draw(source, matrix.batch(0, kRows), kWidth);
          PAI_TRY(source.finish());
        }
        return {};
      });
  ASSERT_TRUE(parties.ok()) << parties.messages();
  expect_uniform(parties, {{total * kWidth}, {kRows * kWidth}}, results);
}

struct Carrying {
  CarriedProduct product;
  Truncation cut;

  void draw(Source& source, const OwnedRows& batch, std::size_t width, Word bound) {
    product.draw(source, batch, width);
    cut.draw(source, batch.masked.columns * width, 20);
    product.carry(cut, bound);
  }
};

TEST_P(Uniform, CarriedProducts) {
  constexpr std::size_t kRows = 240, kColumns = 9, kWidth = 14;
  const std::vector<std::size_t> columns(static_cast<std::size_t>(count()), kColumns);
  const auto total = kColumns * columns.size();
  const Words x(kRows * total, value());
  const auto w_shares = constant(total * kWidth);
  // Of so many words one may nearly always have wrapped when the bound is high, and none when it is low: both ways of a product.
  for (const Word bound : {Word{1} << 20, Word{1} << 62}) {
    auto results = no_results();
    Parties parties(count());
    parties.run(
        [&](DataClient& self) -> Status {
          OwnedMatrix matrix(x, columns, kRows);
          PAI_TRY(matrix.exchange(self));
          const auto batch = matrix.batch(0, kRows);
          Carrying tools;
          for (std::size_t i = 0; i < kOperations; ++i) {
            PAI_TRY(self.begin([&](Source& source) { tools.draw(source, batch, kWidth, bound); }));
            const auto& w = w_shares[self.party()];
            if (tools.product.needs_round()) {
              tools.product.mask(w);
              tools.product.open(self.exchange);
              PAI_TRY(self.exchange.run());
            }
            Words z(kRows * kWidth), y(w.size());
            tools.product.take(batch, z);
            append(results[self.party()], z);
            tools.product.mask_next(w);
            tools.product.open_next(self.exchange);
            PAI_TRY(self.exchange.run());
            tools.cut.mask(w, self.leads());
            tools.cut.open(self.exchange);
            PAI_TRY(self.exchange.run());
            tools.product.advance();
            tools.cut.take(y, self.leads());
            append(results[self.party()], y);
          }
          return {};
        },
        [&](DealerSource& source) -> Status {
          OwnedMatrix matrix(x, columns, kRows);
          PAI_TRY(matrix.deal(source));
          Carrying tools;
          for (std::size_t i = 0; i < kOperations; ++i) {
            source.begin();
            tools.draw(source, matrix.batch(0, kRows), kWidth, bound);
            PAI_TRY(source.finish());
          }
          return {};
        });
    ASSERT_TRUE(parties.ok()) << parties.messages();
    expect_uniform(parties, {{total * kWidth}}, results);
  }
}

TEST_P(Uniform, Shuffle) {
  auto results = no_results();
  Parties parties(count());
  run_operations<Shuffle>(
      parties, kOperations,
      [&](Source& source, Shuffle& tool, const Group& group) { tool.draw(source, group, kSize / 2, 2); },
      [&](DataClient& self, Shuffle& tool, std::size_t) -> Status {
        auto table = share(Words(kSize, value()), count(), Sharing::kOneHolds)[self.party()];
        PAI_TRY(tool.run(self.channel, self.group, self.source.operation(), table));
        append(results[self.party()], table);
        return {};
      });
  expect_uniform(parties, {}, results);
}

INSTANTIATE_TEST_SUITE_P(Constants, Uniform,
                         testing::Combine(testing::Values(2, 3, 4),
                                          testing::Values(Word{0}, ~Word{0}, (Word{1} << 62) - 1, Word{0} - (Word{1} << 62))));

}  // namespace
}  // namespace pai::client::mpc::test
