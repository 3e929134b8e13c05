// Signs, largest values and reciprocals on shares against plain arithmetic, for two to four data clients; and that whatever was opened on the
// way is uniformly random.
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <numeric>

#include "client/mpc/contest.h"
#include "client/mpc/gate.h"
#include "client/mpc/reciprocal.h"
#include "client/ring/words.h"
#include "integration/mpc/parties.h"
#include "integration/mpc/shares.h"
#include "integration/mpc/statistics.h"

namespace pai::client::mpc::test {
namespace {

class Comparing : public testing::TestWithParam<int> {};

/// Where a carry, a digit or the sign could go wrong.
Words corner_words() {
  Words words{0, 1, ~Word{0}, Word{1} << 63, (Word{1} << 63) - 1, (Word{1} << 63) + 1};
  for (int bit = 0; bit < 64; ++bit) {
    for (const Word step : {Word{0}, Word{1}, ~Word{0}}) words.insert(words.end(), {(Word{1} << bit) + step, Word{0} - (Word{1} << bit) + step});
  }
  return words;
}

/// What the data clients opened to each other in one round, as sums or by exclusive or.
Words opened_in(const Parties& parties, std::uint32_t round, bool by_xor) {
  Words words;
  for (const auto& sent : parties.sent<v1::Opening>()) {
    const auto& message = sent.message;
    if (message.round() != round) continue;
    // Each party's share once: what it sent to the first other one.
    const int first_peer = sent.from == parties.client(0) ? parties.client(1) : parties.client(0);
    if (sent.to != first_peer) continue;
    Words share(message.words().size() / 8);
    std::memcpy(share.data(), message.words().data(), share.size() * 8);
    words.resize(share.size());
    for (std::size_t i = 0; i < share.size(); ++i) words[i] = by_xor ? words[i] ^ share[i] : words[i] + share[i];
  }
  return words;
}

Words signs(Parties& parties, const Words& values, Sharing sharing) {
  const auto shares = share(values, parties.data_clients(), sharing);
  Shares results(shares.size());
  run_operation<Comparison>(
      parties, [&](Source& source, Comparison& tool) { tool.draw(source, values.size()); },
      [&](DataClient& self, Comparison& tool) -> Status {
        return tool.run(self.exchange, shares[self.party()], self.leads(), results[self.party()]);
      });
  Words bits(plane_words(values.size()));
  for (const auto& result : results) {
    for (std::size_t i = 0; i < bits.size(); ++i) bits[i] ^= result.at(i);
  }
  return bits;
}

TEST_P(Comparing, SignsAreExactForEveryWord) {
  Parties parties(GetParam());
  auto values = corner_words();
  const auto random = random_words(3000, 5);
  values.insert(values.end(), random.begin(), random.end());
  for (const auto sharing : {Sharing::kRandom, Sharing::kOneHolds}) {
    const auto bits = signs(parties, values, sharing);
    for (std::size_t i = 0; i < values.size(); ++i) ASSERT_EQ(bit_of(bits, i), values[i] >> 63 != 0) << values[i];
  }
  const auto openings = parties.sent<v1::Opening>();
  const auto rounds = std::max_element(openings.begin(), openings.end(), [](const auto& a, const auto& b) {
    return a.message.round() < b.message.round();
  });
  EXPECT_EQ(rounds->message.round() + 1, 5U);
}

TEST_P(Comparing, SeveralBoundsTakeOneOpening) {
  Parties parties(GetParam());
  auto values = corner_words();
  const auto random = random_words(500, 15);
  values.insert(values.end(), random.begin(), random.end());
  const Words bounds{0, 1, ~Word{0}, 12345, Word{1} << 40, Word{0} - (Word{1} << 61)};
  const auto shares = share(values, parties.data_clients(), Sharing::kOneHolds);
  Shares results(shares.size());
  run_operation<Comparison>(
      parties, [&](Source& source, Comparison& tool) { tool.draw(source, values.size(), bounds.size()); },
      [&](DataClient& self, Comparison& tool) -> Status {
        return tool.run(self.exchange, shares[self.party()], bounds, self.leads(), results[self.party()]);
      });
  const auto plane = plane_words(values.size());
  for (std::size_t bound = 0; bound < bounds.size(); ++bound) {
    for (std::size_t i = 0; i < values.size(); ++i) {
      bool less = false;
      for (const auto& result : results) less ^= bit_of(std::span(result).subspan(bound * plane, plane), i);
      ASSERT_EQ(less, (values[i] - bounds[bound]) >> 63 != 0) << values[i] << " and " << bounds[bound];
    }
  }
}

TEST_P(Comparing, WhatIsOpenedIsUniformHoweverConstantTheValuesAre) {
  Parties parties(GetParam());
  for (const Word value : {Word{0}, ~Word{0}, Word{1} << 63}) {
    signs(parties, Words(64 * 2500, value), Sharing::kOneHolds);
    EXPECT_EQ(judge_uniform(opened_in(parties, 0, false)), "") << value;
    for (std::uint32_t round = 1; round < 5; ++round) {
      EXPECT_EQ(judge_uniform(opened_in(parties, round, true)), "") << value << " round " << round;
    }
  }
}

struct Chosen {
  Words values, others, numbers;  // of the winners
  Words winners;                  // opened
};

/// Groups of the values; beside them other words are selected, and the public numbers 0, 1, ….
Chosen contest(Parties& parties, const Words& values, const std::vector<std::size_t>& sizes, bool open) {
  const auto count = static_cast<int>(parties.data_clients());
  Words others = values, numbers(values.size());
  for (auto& word : others) word = word * 3 + 7;
  std::iota(numbers.begin(), numbers.end(), Word{0});
  const auto value_shares = share(values, count, Sharing::kOneHolds), other_shares = share(others, count, Sharing::kRandom, 9);
  Shares won(static_cast<std::size_t>(count), Words(sizes.size())), of_others = won, of_numbers = won, opened(won.size());
  run_operation<Contest>(
      parties, [&](Source& source, Contest& tool) { tool.draw(source, sizes, open ? Contest::Selects::kNothing : Contest::Selects::kValues, open ? 0 : 1); },
      [&](DataClient& self, Contest& tool) -> Status {
        const auto p = self.party();
        PAI_TRY(tool.run(self.exchange, value_shares[p], self.leads()));
        if (open) return tool.open_winners(self.exchange, opened[p]);
        tool.mask(0, other_shares[p]);
        tool.open(self.exchange);
        PAI_TRY(self.exchange.run());
        tool.take_values(value_shares[p], won[p]);
        tool.take(0, other_shares[p], of_others[p]);
        tool.take_public(numbers, self.leads(), of_numbers[p]);
        return {};
      });
  if (open) return {{}, {}, {}, opened[0]};
  return {sum(won), sum(of_others), sum(of_numbers), {}};
}

TEST_P(Comparing, TheLargestOfEachGroupWinsAndTheFirstOfEqualOnes) {
  Parties parties(GetParam());
  std::mt19937_64 random(3);
  std::vector<std::size_t> sizes;
  Words values;
  for (std::size_t group = 0; group < 200; ++group) {
    sizes.push_back(1 + group % kContestMax);
    const bool equal = group % 3 == 0;
    for (std::size_t i = 0; i < sizes.back(); ++i) {
      values.push_back(equal ? random() % 3 : static_cast<Word>(static_cast<std::int64_t>(random()) >> 2));
    }
  }
  const auto chosen = contest(parties, values, sizes, false);
  const auto opened = contest(parties, values, sizes, true).winners;
  std::size_t begin = 0;
  for (std::size_t group = 0; group < sizes.size(); ++group) {
    const auto first = values.begin() + static_cast<std::ptrdiff_t>(begin);
    const auto largest = std::max_element(first, first + static_cast<std::ptrdiff_t>(sizes[group]), [](Word a, Word b) {
      return static_cast<std::int64_t>(a) < static_cast<std::int64_t>(b);
    });
    const auto at = static_cast<std::size_t>(largest - values.begin());
    ASSERT_EQ(chosen.values[group], *largest) << group;
    ASSERT_EQ(chosen.others[group], *largest * 3 + 7) << group;
    ASSERT_EQ(chosen.numbers[group], at) << group;
    for (std::size_t i = begin; i < begin + sizes[group]; ++i) ASSERT_EQ(bit_of(opened, i), i == at) << group;
    begin += sizes[group];
  }
}

TEST_P(Comparing, AContestOpensNothingButUniformWords) {
  Parties parties(GetParam());
  const std::vector<std::size_t> sizes(6000, 8);
  contest(parties, Words(8 * sizes.size(), 5), sizes, false);
  EXPECT_EQ(judge_uniform(opened_in(parties, 0, false)), "") << "the values";
  EXPECT_EQ(judge_uniform(opened_in(parties, 5, true)), "") << "the seven bits of each";
  auto selection = opened_in(parties, 6, false);
  const auto bit_words = plane_words(8 * sizes.size());
  auto bits = opened_in(parties, 6, true);
  bits.resize(bit_words);
  std::size_t ones = 0;
  for (const auto word : bits) ones += static_cast<std::size_t>(std::popcount(word));
  EXPECT_NEAR(static_cast<double>(ones), 32.0 * static_cast<double>(bit_words), kFarOut * 4 * std::sqrt(static_cast<double>(bit_words)));
  selection.erase(selection.begin(), selection.begin() + static_cast<std::ptrdiff_t>(bit_words));
  EXPECT_EQ(judge_uniform(selection), "") << "what is selected from";
}

TEST_P(Comparing, AGateLetsPassWhereBothBitsAreOnes) {
  Parties parties(GetParam());
  constexpr std::size_t kCount = 64 * 70;
  const auto values = random_words(kCount, 8), first = random_words(plane_words(kCount), 9), second = random_words(plane_words(kCount), 10);
  const auto shares = share(values, GetParam(), Sharing::kOneHolds);
  Shares results(shares);
  run_operation<Gate>(
      parties, [&](Source& source, Gate& tool) { tool.draw(source, kCount); },
      [&](DataClient& self, Gate& tool) -> Status {
        // The first party has the bits, the others zeros.
        const Words none(first.size());
        return tool.run(self.exchange, self.leads() ? first : none, self.leads() ? second : none, self.leads(), results[self.party()]);
      });
  const auto passed = sum(results);
  for (std::size_t i = 0; i < kCount; ++i) ASSERT_EQ(passed[i], bit_of(first, i) && bit_of(second, i) ? values[i] : 0) << i;
  auto selection = opened_in(parties, 1, false);
  selection.erase(selection.begin(), selection.begin() + static_cast<std::ptrdiff_t>(plane_words(kCount)));
  EXPECT_EQ(judge_uniform(selection), "");
}

struct Divided {
  Words reciprocals;
  Words less;  // bits, a plane a bound
};

Divided divide(Parties& parties, const ReciprocalPlan& plan, const Words& x, const Words& also, Sharing sharing = Sharing::kRandom) {
  const auto shares = share(x, parties.data_clients(), sharing);
  Shares results(shares.size()), less(shares.size());
  parties.run(
      [&](DataClient& self) -> Status {
        Reciprocal tool(plan);
        PAI_TRY(self.begin([&](Source& source) { tool.draw(source, x.size(), also.size()); }));
        tool.mask(shares[self.party()]);
        tool.open(self.exchange);
        PAI_TRY(self.exchange.run());
        PAI_TRY(tool.run(self.exchange, also, self.leads()));
        results[self.party()].assign(tool.result().share().begin(), tool.result().share().end());
        less[self.party()].assign(tool.less().begin(), tool.less().end());
        return {};
      },
      [&](DealerSource& source) -> Status {
        Reciprocal tool(plan);
        source.begin();
        tool.draw(source, x.size(), also.size());
        return source.finish();
      });
  EXPECT_TRUE(parties.ok()) << parties.messages();
  Divided divided{sum(results), Words(less[0].size())};
  for (const auto& share : less) {
    for (std::size_t w = 0; w < share.size(); ++w) divided.less[w] ^= share[w];
  }
  return divided;
}

TEST_P(Comparing, ReciprocalsAreRightOverTheWholeRange) {
  struct Case {
    double low, high;
    int x_scale;
  };
  // What boosting has with 24,000 rows, four, a million, and with a λ that leaves one part.
  for (const auto& [low, high, x_scale] : {Case{1, 6241, 14}, {1, 3.6, 27}, {1, 260'001, 9}, {1e6, 1.006e6, 9}, {3, 500, 20}}) {
    const ReciprocalPlan plan(low, high, x_scale);
    Words words;
    for (int i = 0; i <= 1000; ++i) words.push_back(ring::encode(low * std::pow(high / low, i / 1000.0), x_scale));
    // On both sides of where parts meet, and a little below the range, where rounding of sums may end up.
    for (const Word bound : plan.bounds()) words.insert(words.end(), {bound - 1, bound, bound + 1});
    words.push_back(ring::encode(low * 0.99, x_scale));
    const Words also{ring::encode(low * 1.5, x_scale), ring::encode(high / 3, x_scale)};
    Parties parties(GetParam());
    const auto divided = divide(parties, plan, words, also);
    for (std::size_t i = 0; i < words.size(); ++i) {
      const double x = ring::decode(words[i], x_scale);
      // The waves' 7e-7 (2e-6 below the range), their tables' rounding, and two units of cuts.
      const double tolerance = (x < low ? 2.5e-6 : 1e-6) + std::ldexp(2, -plan.scale()) * x;
      ASSERT_NEAR(ring::decode(divided.reciprocals[i], plan.scale()) * x, 1, tolerance) << x << " of " << high;
      for (std::size_t k = 0; k < also.size(); ++k) {
        const auto plane = std::span(divided.less).subspan(k * plane_words(words.size()), plane_words(words.size()));
        ASSERT_EQ(bit_of(plane, i), words[i] < also[k]) << x << " and bound " << k;
      }
    }
    const auto openings = parties.sent<v1::Opening>();
    const auto rounds = std::max_element(openings.begin(), openings.end(), [](const auto& a, const auto& b) {
      return a.message.round() < b.message.round();
    });
    EXPECT_LE(rounds->message.round() + 1, ReciprocalPlan::kRounds);
  }
}

/// What was opened in one round, as sums of words of so many bits.
Words numbers_opened_in(const Parties& parties, std::uint32_t round, int bits) {
  Words words;
  for (const auto& sent : parties.sent<v1::Opening>()) {
    const int first_peer = sent.from == parties.client(0) ? parties.client(1) : parties.client(0);
    if (sent.message.round() != round || sent.to != first_peer) continue;
    const auto& bytes = sent.message.words();
    Words share(bytes.size() * 8 / static_cast<std::size_t>(bits));
    ring::unpack({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()}, bits, share);
    words.resize(share.size());
    for (std::size_t i = 0; i < share.size(); ++i) words[i] += share[i];
  }
  for (auto& word : words) word &= (Word{1} << bits) - 1;
  return words;
}

TEST_P(Comparing, AReciprocalOpensNothingButUniformWords) {
  const ReciprocalPlan plan(1, 6241, 14);
  constexpr std::size_t kCount = 64 * 2500;
  for (const double x : {1.0, 6000.0}) {
    Parties parties(GetParam());
    divide(parties, plan, Words(kCount, ring::encode(x, 14)), {}, Sharing::kOneHolds);
    EXPECT_EQ(judge_uniform(numbers_opened_in(parties, 0, 32), 32), "") << "x";
    for (std::uint32_t round = 1; round <= 4; ++round) {
      EXPECT_EQ(judge_uniform(opened_in(parties, round, true)), "") << "bits of round " << round;
    }
    EXPECT_EQ(judge_uniform(numbers_opened_in(parties, 5, 31), 31), "") << "the angle";
    EXPECT_EQ(judge_uniform(numbers_opened_in(parties, 6, 56), 56), "") << "the part";
    EXPECT_EQ(judge_uniform(numbers_opened_in(parties, 7, 48), 48), "") << "the result";
  }
}

INSTANTIATE_TEST_SUITE_P(Parties, Comparing, testing::Values(2, 3, 4));

TEST(ContestStages, AreTheFewestAndTheCheapestOfThese) {
  EXPECT_TRUE(contest_stages(0).empty());
  EXPECT_TRUE(contest_stages(1).empty());
  EXPECT_EQ(contest_stages(8), std::vector<std::size_t>{8});
  const auto comparisons = [](std::size_t count, const std::vector<std::size_t>& sizes) {
    std::size_t sum = 0;
    for (const auto size_max : sizes) {
      const auto groups = contest_groups(count, size_max);
      for (const auto size : groups) sum += size * (size - 1) / 2;
      count = groups.size();
    }
    EXPECT_EQ(count, 1U);
    return sum;
  };
  for (std::size_t count = 2; count < 3000; count += 1 + count / 9) {
    const auto stages = contest_stages(count);
    std::vector<std::size_t> widest;
    for (auto left = count; left > 1; left = contest_groups(left).size()) widest.push_back(kContestMax);
    EXPECT_EQ(stages.size(), widest.size()) << count;
    EXPECT_LE(comparisons(count, stages), comparisons(count, widest)) << count;
  }
  EXPECT_LT(2 * comparisons(757, contest_stages(757)), 1.1 * static_cast<double>(comparisons(757, {8, 8, 8, 8})));
}

}  // namespace
}  // namespace pai::client::mpc::test
