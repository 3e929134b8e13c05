// Truncation on shares against integer arithmetic: both rings, every number of bits, the edges of the range, the bias, what leaves a party.
#include <cmath>

#include "client/mpc/truncation.h"
#include "integration/mpc/parties.h"
#include "integration/mpc/shares.h"

namespace pai::client::mpc::test {
namespace {

/// Values at and around every place where a carry, a sign or a wrap could go wrong.
Words corner_cases(int bits, CutRing ring) {
  Words values;
  const Word edge = Word{1} << (static_cast<int>(ring) - 2);
  const Word unit = Word{1} << bits;
  for (const Word base : {Word{0}, unit, edge, edge >> 1, unit >> 1, unit * 3}) {
    for (Word step = 0; step < 3; ++step) {
      values.insert(values.end(), {base + step, base - step, Word{0} - base + step, Word{0} - base - step});
    }
  }
  std::erase_if(values, [&](Word value) { return value + edge >= edge << 1; });  // |x| below the edge, and minus the edge itself
  return values;
}

/// The truncated values; adds to the expectations.
Words truncate(Parties& parties, const Words& values, int bits, Sharing sharing = Sharing::kRandom,
               CutRing ring = CutRing::kWide) {
  const auto shares = share(values, parties.data_clients(), sharing, static_cast<std::uint64_t>(bits));
  Shares results(shares.size(), Words(values.size()));
  run_operation<Truncation>(
      parties, [&](Source& source, Truncation& tool) { tool.draw(source, values.size(), bits, ring); },
      [&](DataClient& self, Truncation& tool) -> Status {
        tool.mask(shares[self.party()], self.leads());
        tool.open(self.exchange);
        PAI_TRY(self.exchange.run());
        tool.take(results[self.party()], self.leads());
        return {};
      });
  return sum(results);
}

void expect_floor_or_one_more(const Words& values, const Words& results, int bits) {
  ASSERT_EQ(values.size(), results.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto floor = static_cast<Word>(static_cast<std::int64_t>(values[i]) >> bits);
    const bool exact = (values[i] & ((Word{1} << bits) - 1)) == 0;
    ASSERT_TRUE(results[i] == floor || (!exact && results[i] == floor + 1))
        << static_cast<std::int64_t>(values[i]) << " by " << bits << " bits is " << static_cast<std::int64_t>(results[i]);
  }
}

class TruncationOf : public testing::TestWithParam<int> {};

TEST_P(TruncationOf, EveryNumberOfBitsIsOffByOneUnitAtMostUpToTheEdges) {
  Parties parties(GetParam());
  for (const auto ring : {CutRing::kNarrow, CutRing::kWide}) {
    const int width = static_cast<int>(ring);
    for (int bits = 1; bits <= width - 3; ++bits) {
      auto values = corner_cases(bits, ring);
      for (const auto word : random_words(100, static_cast<std::uint64_t>(bits))) {
        values.push_back(static_cast<Word>(static_cast<std::int64_t>(word) >> (65 - width)));  // |x| < 2^(width − 2)
      }
      expect_floor_or_one_more(values,
                               truncate(parties, values, bits, bits % 2 == 0 ? Sharing::kRandom : Sharing::kOneHolds, ring),
                               bits);
    }
  }
}

TEST_P(TruncationOf, TheNarrowRingLooksAtTheLowBitsOfSharesAndNoOthersLeave) {
  // What sums of waves modulo 2^32 are: the bits above are anything, and do not come back in Z/2^64.
  constexpr int kBits = 14;
  Parties parties(GetParam());
  Words values;
  for (const auto word : random_words(500, 7)) values.push_back(static_cast<Word>(static_cast<std::int64_t>(word) >> 33));
  auto shares = share(values, GetParam());
  const auto noise = random_words(values.size(), 8);
  for (std::size_t i = 0; i < noise.size(); ++i) shares[0][i] += noise[i] << 32;
  Shares results(shares.size(), Words(values.size()));
  run_operation<Truncation>(
      parties, [&](Source& source, Truncation& tool) { tool.draw(source, values.size(), kBits, CutRing::kNarrow); },
      [&](DataClient& self, Truncation& tool) -> Status {
        tool.mask(shares[self.party()], self.leads());
        tool.open(self.exchange);
        PAI_TRY(self.exchange.run());
        for (const auto word : tool.opened()) EXPECT_EQ(word >> 32, 0U);
        tool.take(results[self.party()], self.leads());
        return {};
      });
  expect_floor_or_one_more(values, sum(results), kBits);
  const auto openings = parties.sent<v1::Opening>();
  ASSERT_FALSE(openings.empty());
  for (const auto& sent : openings) EXPECT_EQ(sent.message.words().size(), 4 * values.size());
}

TEST_P(TruncationOf, CorrectionsAreAsWideAsTheRingNeedsThem) {
  for (const auto& [ring, bits, bytes] : {std::tuple{CutRing::kWide, 32, 8 + 4}, {CutRing::kWide, 20, 8 + 3},
                                          {CutRing::kNarrow, 14, 8 + 6}, {CutRing::kNarrow, 16, 8 + 6}}) {
    Parties parties(GetParam());
    truncate(parties, Words(9, 1), bits, Sharing::kRandom, ring);
    std::size_t sent = 0;
    for (const auto& correction : parties.sent<v1::Correction>()) sent += correction.message.words().size();
    EXPECT_EQ(sent, static_cast<std::size_t>(9 * bytes)) << bits;
  }
}

TEST_P(TruncationOf, IsRightOnAverage) {
  // Each result is floor or floor + 1, one with probability `fraction`: the number of ones is binomial.
  constexpr std::size_t kCount = 40'000;
  Parties parties(GetParam());
  for (const double fraction : {0.0, 0.125, 0.5, 0.875}) {
    for (const std::int64_t whole : {std::int64_t{-3}, std::int64_t{1} << 40}) {
      constexpr int kBits = 20;
      const auto low = static_cast<Word>(std::ldexp(fraction, kBits));
      const Words values(kCount, (static_cast<Word>(whole) << kBits) + low);
      double ones = 0;
      for (const auto result : truncate(parties, values, kBits)) ones += static_cast<double>(result - static_cast<Word>(whole));
      const double deviation = std::sqrt(kCount * fraction * (1 - fraction));
      EXPECT_NEAR(ones, kCount * fraction, 7 * deviation) << fraction << " " << whole;  // fails by chance in 1e-11
    }
  }
}

TEST_P(TruncationOf, ResultsMayReplaceTheirArguments) {
  Parties parties(GetParam());
  const auto shares = share(Words(9, Word{5} << 10), GetParam());
  auto words = shares;
  run_operation<Truncation>(
      parties, [&](Source& source, Truncation& tool) { tool.draw(source, 9, 10); },
      [&](DataClient& self, Truncation& tool) -> Status {
        auto& own = words[self.party()];
        tool.mask(own, self.leads());
        tool.open(self.exchange);
        PAI_TRY(self.exchange.run());
        tool.take(own, self.leads());
        return {};
      });
  EXPECT_EQ(sum(words), Words(9, 5));
}

INSTANTIATE_TEST_SUITE_P(Parties, TruncationOf, testing::Values(2, 3, 4));

}  // namespace
}  // namespace pai::client::mpc::test
