// Rounds of openings: segments of any widths in one message, sums modulo their widths, parties that are much faster than others.
#include "client/mpc/exchange.h"

#include <set>
#include <tuple>

#include "integration/mpc/parties.h"
#include "integration/mpc/shares.h"

namespace pai::client::mpc::test {
namespace {

Word low(int bits) { return bits == 64 ? ~Word{0} : (Word{1} << bits) - 1; }

class ExchangeOf : public testing::TestWithParam<int> {
 protected:
  /// No tensors: openings alone.
  static Status nothing(DealerSource& source) {
    source.begin();
    return source.finish();
  }
};

TEST_P(ExchangeOf, SegmentsOfEveryWidthAreSummedModuloTheirWidths) {
  const int widths[] = {64, 1, 42, 63, 7, 8, 40, 50, 57, 64, 33};
  Parties parties(GetParam());
  std::vector<Shares> segments;
  for (std::size_t i = 0; i < std::size(widths); ++i) {
    segments.push_back(share(random_words(i == 4 ? 0 : 5 + i, i), GetParam()));  // one segment is empty
  }
  const auto inputs = segments;
  parties.run(
      [&](DataClient& self) -> Status {
        PAI_TRY(self.begin([](Source&) {}));
        for (std::size_t i = 0; i < std::size(widths); ++i) self.exchange.open(segments[i][self.party()], widths[i]);
        return self.exchange.run();
      },
      nothing);
  ASSERT_TRUE(parties.ok()) << parties.messages();
  for (std::size_t i = 0; i < std::size(widths); ++i) {
    auto expected = sum(inputs[i]);
    for (auto& word : expected) word &= low(widths[i]);
    for (const auto& opened : segments[i]) EXPECT_EQ(opened, expected) << widths[i] << " bits";
  }
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < std::size(widths); ++i) bytes += ring::packed_bytes(inputs[i][0].size(), widths[i]);
  for (const auto& [from, to, opening] : parties.sent<v1::Opening>()) EXPECT_EQ(opening.words().size(), bytes);
}

TEST_P(ExchangeOf, WhatIsOpenedToSomeReachesThemAlone) {
  Parties parties(GetParam());
  constexpr std::size_t kToAll = 3, kToSome = 11;
  auto all = share(random_words(kToAll, 1), GetParam()), some = share(random_words(kToSome, 2), GetParam());
  const auto all_inputs = all, some_inputs = some;
  const std::uint64_t receivers = 0b10;  // party 1
  parties.run(
      [&](DataClient& self) -> Status {
        PAI_TRY(self.begin([](Source&) {}));
        self.exchange.open(all[self.party()]);
        self.exchange.open_to(receivers, some[self.party()], 32);
        return self.exchange.run();
      },
      nothing);
  ASSERT_TRUE(parties.ok()) << parties.messages();
  auto expected = sum(some_inputs);
  for (auto& word : expected) word &= low(32);
  for (std::size_t party = 0; party < all.size(); ++party) {
    EXPECT_EQ(all[party], sum(all_inputs));
    EXPECT_EQ(some[party], party == 1 ? expected : Words(kToSome)) << party;
  }
  for (const auto& [from, to, opening] : parties.sent<v1::Opening>()) {
    EXPECT_EQ(opening.words().size(), 8 * kToAll + (to == parties.client(1) ? 4 * kToSome : 0)) << to;
  }
}

TEST_P(ExchangeOf, HalvesAreSharedLikeWords) {
  Parties parties(GetParam());
  for (const std::size_t size : {1, 2, 1001}) {
    std::vector<ring::Half> values(size);
    for (std::size_t i = 0; i < size; ++i) values[i] = static_cast<ring::Half>(i * 2654435761U);
    std::vector<std::vector<ring::Half>> shares(static_cast<std::size_t>(GetParam()), values);
    const auto draw = [&](Source& source, std::vector<ring::Half>& halves) {
      source.derived_halves(halves, [&](std::span<ring::Half> to) { std::copy(values.begin(), values.end(), to.begin()); });
    };
    parties.run([&](DataClient& self) { return self.begin([&](Source& source) { draw(source, shares[self.party()]); }); },
                [&](DealerSource& source) -> Status {
                  source.begin();
                  std::vector<ring::Half> dealt(size);
                  draw(source, dealt);
                  EXPECT_EQ(dealt, values);
                  return source.finish();
                });
    ASSERT_TRUE(parties.ok()) << parties.messages();
    for (std::size_t i = 0; i < size; ++i) {
      ring::Half sum = 0;
      for (const auto& share : shares) sum += share[i];
      ASSERT_EQ(sum, values[i]) << i;
    }
    if (size > 2) {
      EXPECT_NE(shares[0], shares[1]);
    }
  }
}

TEST_P(ExchangeOf, ARoundWithoutWordsIsARound) {
  Parties parties(GetParam());
  parties.run(
      [&](DataClient& self) -> Status {
        PAI_TRY(self.begin([](Source&) {}));
        PAI_TRY(self.exchange.run());
        PAI_TRY(self.exchange.run());
        EXPECT_EQ(self.exchange.rounds(), 2U);
        return {};
      },
      nothing);
  EXPECT_TRUE(parties.ok()) << parties.messages();
}

TEST_P(ExchangeOf, EveryMessageHasAPlaceOfItsOwn) {
  constexpr int kOperations = 20, kRounds = 3;
  Parties parties(GetParam());
  parties.run(
      [&](DataClient& self) -> Status {
        Words words(4);
        for (int i = 0; i < kOperations; ++i) {
          PAI_TRY(self.begin([](Source&) {}));
          for (int round = 0; round < kRounds; ++round) {
            self.exchange.open(words);
            PAI_TRY(self.exchange.run());
          }
        }
        return {};
      },
      [](DealerSource&) { return Status(); });
  ASSERT_TRUE(parties.ok()) << parties.messages();
  std::set<std::tuple<int, int, std::uint64_t, std::uint32_t>> places;
  for (const auto& [from, to, opening] : parties.sent<v1::Opening>()) {
    EXPECT_TRUE(places.insert({from, to, opening.operation(), opening.round()}).second);
  }
  EXPECT_EQ(places.size(), static_cast<std::size_t>(kOperations * kRounds * GetParam() * (GetParam() - 1)));
}

/// Hundreds of rounds of changing sizes; each value is a known function of operation and round, so that nothing can take another's place.
Status many_rounds(DataClient& self) {
  for (Word operation = 0; operation < 60; ++operation) {
    PAI_TRY(self.begin([](Source&) {}));
    for (Word round = 0; round < 4; ++round) {
      Words words(operation * 7 % 50 + 1, operation * 1000 + round + self.party());
      Words bits(round + 1, round + self.party());
      self.exchange.open(words);
      self.exchange.open(bits, 9);
      PAI_TRY(self.exchange.run());
      const auto parties = static_cast<Word>(self.group.size());
      const Word numbers = parties * (parties - 1) / 2;
      for (const auto word : words) {
        if (word != parties * (operation * 1000 + round) + numbers) return Error(ErrorCode::kInternal, "another round's words");
      }
      for (const auto word : bits) {
        if (word != parties * round + numbers) return Error(ErrorCode::kInternal, "another round's bits");
      }
    }
  }
  return {};
}

TEST_P(ExchangeOf, APartyThatIsAheadWaitsForTheOthers) {
  for (const std::uint64_t seed : {1, 2, 3}) {
    Parties parties(GetParam());
    parties.network.delay_max = std::chrono::microseconds(200);  // other frames are slow each time
    parties.network.seed = seed;
    parties.run(many_rounds, [](DealerSource&) { return Status(); });
    EXPECT_TRUE(parties.ok()) << parties.messages();
  }
}

TEST_P(ExchangeOf, RoomForOneMessageAtATimeIsEnough) {
  Parties parties(GetParam());
  parties.network.bytes_max = 1;
  parties.run(many_rounds, [](DealerSource&) { return Status(); });
  EXPECT_TRUE(parties.ok()) << parties.messages();
}

INSTANTIATE_TEST_SUITE_P(Parties, ExchangeOf, testing::Values(2, 3, 4));

}  // namespace
}  // namespace pai::client::mpc::test
