// What one party sees has nothing to do with the others' secrets: no bit of a message that it gets, of what is opened, of its resulting shares,
// nor of their sums and differences agrees with the secret bits more often than half the time. The dealer's messages do not change with the
// secrets at all.
#include <algorithm>
#include <numeric>

#include "client/mpc/carried_product.h"
#include "client/mpc/cut_product.h"
#include "client/mpc/shared_product.h"
#include "client/mpc/shuffle.h"
#include "client/mpc/sigmoid.h"
#include "client/mpc/truncation.h"
#include "integration/mpc/cut_elements.h"
#include "integration/mpc/owned_matrix.h"
#include "integration/mpc/statistics.h"
#include "integration/mpc/wire_words.h"

namespace pai::client::mpc::test {
namespace {

constexpr std::size_t kSize = 20'000;

std::vector<std::uint8_t> secret_bits() {
  std::vector<std::uint8_t> bits;
  for (const auto word : random_words(kSize, 77)) bits.push_back(word & 1);
  return bits;
}

/// One of two values a word, by the secret bits; the last party holds it.
Shares secret_shares(int parties, Word if_zero, Word if_one) {
  Words values;
  for (const auto bit : secret_bits()) values.push_back(bit != 0 ? if_one : if_zero);
  return share(values, parties, Sharing::kOneHolds);
}

/// Each tensor of the view by itself, and the sums and differences of any two of one width.
void expect_unrelated(std::vector<WireWords> view) {
  const auto bits_of_secret = secret_bits();
  // Tensors longer than the secret (several tensors in one correction) are cut into pieces of its length.
  std::vector<WireWords> pieces;
  for (const auto& [name, words, bits] : view) {
    for (std::size_t at = 0; at + kSize <= words.size(); at += kSize) {
      pieces.push_back({name + " from word " + std::to_string(at),
                        Words(words.begin() + static_cast<std::ptrdiff_t>(at), words.begin() + static_cast<std::ptrdiff_t>(at + kSize)),
                        bits});
    }
  }
  const auto count = pieces.size();
  for (std::size_t i = 0; i < count; ++i) {
    for (std::size_t k = 0; k < i; ++k) {
      auto sum = pieces[i].words, difference = pieces[i].words;
      ring::add(sum, pieces[k].words);
      ring::subtract(difference, pieces[k].words);
      const auto bits = std::min(pieces[i].bits, pieces[k].bits);
      pieces.push_back({pieces[i].name + " + " + pieces[k].name, std::move(sum), bits});
      pieces.push_back({pieces[i].name + " - " + pieces[k].name, std::move(difference), bits});
    }
  }
  for (const auto& [name, words, bits] : pieces) {
    EXPECT_LT(largest_correlation(words, bits_of_secret, bits), kFarOut) << name;
  }
}

/// Party 0's view, which holds nothing of the secret: what came from the last party, what was opened, what the dealer sent, its own result.
std::vector<WireWords> view(const Parties& parties, const std::vector<Segment>& segments, const Words& own_result,
                            const std::vector<Segment>& corrections = {}) {
  std::vector<WireWords> seen;
  const auto last = "client " + std::to_string(parties.client(static_cast<std::size_t>(parties.data_clients() - 1)));
  for (auto& words : wire_words(parties, segments, corrections)) {
    if (words.name.ends_with(last) || words.name.starts_with("opened") || words.name.starts_with("correction to client 0") ||
        words.name == "shuffle share of " + last + " to 0") {
      seen.push_back(std::move(words));
    }
  }
  seen.push_back({"own result", own_result});
  return seen;
}

class ViewOf : public testing::TestWithParam<int> {};

TEST_P(ViewOf, ATruncation) {
  const auto shares = secret_shares(GetParam(), 0, Word{1} << 61);
  Shares results(shares.size(), Words(kSize));
  Parties parties(GetParam());
  run_operation<Truncation>(
      parties, [&](Source& source, Truncation& tool) { tool.draw(source, kSize, 13); },
      [&](DataClient& self, Truncation& tool) -> Status {
        tool.mask(shares[self.party()], self.leads());
        tool.open(self.exchange);
        PAI_TRY(self.exchange.run());
        tool.take(results[self.party()], self.leads());
        return {};
      });
  expect_unrelated(view(parties, {{kSize}}, results[0], {{kSize}, {kSize, 16}}));
}

TEST_P(ViewOf, Waves) {
  // Values of different sign: their high bits, which must not leave, are all zeros or all ones.
  constexpr int kScale = 28;
  const auto shares = secret_shares(GetParam(), Word{5} << kScale, Word{0} - (Word{5} << kScale));
  Shares results(shares.size(), Words(kSize));
  const auto series = ring::sigmoid_series(2);
  Parties parties(GetParam());
  run_operation<mpc::Waves>(
      parties, [&](Source& source, mpc::Waves& tool) { tool.draw(source, kSize, kScale, 2); },
      [&](DataClient& self, mpc::Waves& tool) -> Status {
        tool.mask(shares[self.party()]);
        tool.open(self.exchange);
        PAI_TRY(self.exchange.run());
        tool.take(series, {}, results[self.party()], {});
        return {};
      });
  expect_unrelated(view(parties, {{kSize, 6 + kScale}}, results[0]));
}

TEST_P(ViewOf, AProductOfCutTensors) {
  // Secrets at the edges of their ranges, so that the wraps, which are public, would be the first to follow them.
  const auto wide = secret_shares(GetParam(), Word{0} - (Word{1} << 62), (Word{1} << 62) - 1);
  const auto narrow = secret_shares(GetParam(), Word{0} - (Word{1} << 30), (Word{1} << 30) - 1);
  Shares results(wide.size(), Words(kSize));
  Words wraps(kSize);
  Parties parties(GetParam());
  run_operation<CutElementsTools>(
      parties,
      [&](Source& source, CutElementsTools& tools) {
        tools.x.draw(source, kSize, 32);
        tools.y.draw(source, kSize, 16, CutRing::kNarrow);
        tools.product.draw(source, tools.x, tools.y);
      },
      [&](DataClient& self, CutElementsTools& tools) -> Status {
        PAI_TRY(tools.multiply(self, wide[self.party()], narrow[self.party()], results[self.party()]));
        if (self.leads()) {
          for (std::size_t i = 0; i < kSize; ++i) wraps[i] = tools.x.wraps()[i] ^ tools.y.wraps()[i] << 1;
        }
        return {};
      });
  auto seen = view(parties, {{kSize}, {kSize, 32}}, results[0],
                   {{kSize}, {kSize, 32}, {kSize}, {kSize, 48}, {kSize}, {kSize, 48}, {kSize, 32}, {kSize, 16}});
  seen.push_back({"wraps", wraps, 2});
  expect_unrelated(std::move(seen));
}

struct Square {
  MaskedTensor x;
  SharedProduct product;
};

TEST_P(ViewOf, AProduct) {
  const auto shares = secret_shares(GetParam(), 0, ~Word{0});
  Shares results(shares.size(), Words(kSize));
  Parties parties(GetParam());
  run_operation<Square>(
      parties,
      [&](Source& source, Square& tools) {
        tools.x.draw(source, kSize);
        tools.product.draw(source, {SharedProduct::Kind::kElements, kSize, 1, 1}, tools.x, tools.x);
      },
      [&](DataClient& self, Square& tools) -> Status {
        tools.x.mask(shares[self.party()]);
        tools.x.open(self.exchange);
        PAI_TRY(self.exchange.run());
        tools.product.take(tools.x, tools.x, results[self.party()]);
        return {};
      });
  expect_unrelated(view(parties, {{kSize}}, results[0]));
}

struct Carrying {
  CarriedProduct product;
  Truncation cut;

  void draw(Source& source, const OwnedRows& batch) {
    product.draw(source, batch, kSize);
    cut.draw(source, kSize, 13);
    product.carry(cut, Word{1} << 30);
  }
};

TEST_P(ViewOf, ACarriedProduct) {
  // Weights and what they lose are both the secret: in the second operation nothing hides the product's weights but what the first left.
  const auto w_shares = secret_shares(GetParam(), 0, ~Word{0}), cut_shares = secret_shares(GetParam(), 0, Word{1} << 20);
  const Words x{12345};
  std::vector<std::size_t> columns(w_shares.size());
  columns.back() = 1;
  std::vector<Words> results(2, Words(kSize));
  Parties parties(GetParam());
  parties.run(
      [&](DataClient& self) -> Status {
        OwnedMatrix matrix(x, columns, 1);
        PAI_TRY(matrix.exchange(self));
        const auto batch = matrix.batch(0, 1);
        Carrying tools;
        auto w = w_shares[self.party()];
        for (auto& result : results) {
          PAI_TRY(self.begin([&](Source& source) { tools.draw(source, batch); }));
          if (tools.product.needs_round() != (&result == &results[0])) return Error(ErrorCode::kInternal, "one chance in 2^19");
          if (tools.product.needs_round()) {
            tools.product.mask(w);
            tools.product.open(self.exchange);
            PAI_TRY(self.exchange.run());
          }
          Words z(kSize), y = cut_shares[self.party()];
          tools.product.take(batch, z);
          if (self.party() == 0) result = z;
          tools.product.mask_next(w);
          tools.product.open_next(self.exchange);
          PAI_TRY(self.exchange.run());
          tools.cut.mask(y, self.leads());
          tools.cut.open(self.exchange);
          PAI_TRY(self.exchange.run());
          tools.product.advance();
          tools.cut.take(y, self.leads());
          ring::subtract(w, y);
        }
        return {};
      },
      [&](DealerSource& source) -> Status {
        OwnedMatrix matrix(x, columns, 1);
        PAI_TRY(matrix.deal(source));
        Carrying tools;
        for (std::size_t i = 0; i < results.size(); ++i) {
          source.begin();
          tools.draw(source, matrix.batch(0, 1));
          PAI_TRY(source.finish());
        }
        return {};
      });
  ASSERT_TRUE(parties.ok()) << parties.messages();
  auto seen = view(parties, {{kSize}}, results[0]);
  seen.push_back({"own second result", results[1]});
  expect_unrelated(std::move(seen));
}

TEST_P(ViewOf, AShuffle) {
  // Row by row in the order before: neither the masked rows nor the opened table at the end say which row was which.
  const auto shares = secret_shares(GetParam(), 0, ~Word{0});
  auto tables = shares;
  Parties parties(GetParam());
  run_operation<Shuffle>(
      parties, [&](Source& source, Shuffle& tool, const Group& group) { tool.draw(source, group, kSize, 1); },
      [&](DataClient& self, Shuffle& tool) {
        return tool.run(self.channel, self.group, self.source.operation(), tables[self.party()]);
      });
  auto seen = view(parties, {}, tables[0]);
  seen.push_back({"opened table", sum(tables)});
  expect_unrelated(std::move(seen));
}

TEST_P(ViewOf, TheDealersMessagesDoNotDependOnSecrets) {
  const ring::Seed seed{1, 2, 3};
  const auto corrections = [&](Word value) {
    constexpr std::size_t kRows = 50;
    const auto shares = share(Words(kRows, value), GetParam(), Sharing::kOneHolds);
    Parties parties(GetParam());
    parties.fixed_seed = &seed;
    struct Tools {
      Truncation cut;
      mpc::Waves waves;
      Square square;
      Shuffle shuffle;
    };
    run_operations<Tools>(
        parties, 4,
        [&](Source& source, Tools& tools, const Group& group) {
          tools.cut.draw(source, kRows, 5);
          tools.waves.draw(source, kRows, 20, 3);
          tools.square.x.draw(source, kRows);
          tools.square.product.draw(source, {SharedProduct::Kind::kInner}, tools.square.x, tools.square.x);
          tools.shuffle.draw(source, group, kRows, 1);
        },
        [&](DataClient& self, Tools& tools, std::size_t) -> Status {
          auto own = shares[self.party()];
          tools.cut.mask(own, self.leads());
          tools.waves.mask(own);
          tools.square.x.mask(own);
          tools.cut.open(self.exchange);
          tools.waves.open(self.exchange);
          tools.square.x.open(self.exchange);
          PAI_TRY(self.exchange.run());
          return tools.shuffle.run(self.channel, self.group, self.source.operation(), own);
        });
    std::string sent;
    for (const auto& correction : parties.sent<v1::Correction>()) {
      sent += std::to_string(correction.to) + correction.message.SerializeAsString();
    }
    for (const auto& [from, to, opening] : parties.sent<v1::Opening>()) sent += std::to_string(opening.words().size());
    return sent;
  };
  const auto with_zeros = corrections(0);
  EXPECT_FALSE(with_zeros.empty());
  EXPECT_EQ(with_zeros, corrections(~Word{0}));
}

INSTANTIATE_TEST_SUITE_P(Parties, ViewOf, testing::Values(2, 3, 4));

}  // namespace
}  // namespace pai::client::mpc::test
