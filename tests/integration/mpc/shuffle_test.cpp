// A shuffled table has the same rows in another order, and every order is as likely as any other.
#include "client/mpc/shuffle.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "integration/mpc/parties.h"
#include "integration/mpc/shares.h"
#include "integration/mpc/statistics.h"

namespace pai::client::mpc::test {
namespace {

Words shuffle(Parties& parties, const Words& table, std::size_t rows, std::size_t width,
              Sharing sharing = Sharing::kRandom) {
  auto shares = share(table, parties.data_clients(), sharing);
  run_operation<Shuffle>(
      parties, [&](Source& source, Shuffle& tool, const Group& group) { tool.draw(source, group, rows, width); },
      [&](DataClient& self, Shuffle& tool) {
        return tool.run(self.channel, self.group, self.source.operation(), shares[self.party()]);
      });
  return sum(shares);
}

std::vector<Words> sorted_rows(const Words& table, std::size_t width) {
  std::vector<Words> rows;
  for (auto row = table.begin(); row != table.end(); row += static_cast<std::ptrdiff_t>(width)) {
    rows.emplace_back(row, row + static_cast<std::ptrdiff_t>(width));
  }
  std::sort(rows.begin(), rows.end());
  return rows;
}

/// 0, 1, 2 …: shuffled, it is the order.
Words numbers(std::size_t count) {
  Words table(count);
  for (std::size_t i = 0; i < count; ++i) table[i] = i;
  return table;
}

class ShuffleOf : public testing::TestWithParam<int> {};

TEST_P(ShuffleOf, WholeRowsAreKept) {
  Parties parties(GetParam());
  for (const std::size_t width : {1, 2, 7}) {
    for (const std::size_t rows : {1, 2, 3, 100}) {
      for (const auto sharing : {Sharing::kRandom, Sharing::kOneHolds}) {
        const auto table = random_words(rows * width, rows + width);
        const auto shuffled = shuffle(parties, table, rows, width, sharing);
        EXPECT_EQ(sorted_rows(table, width), sorted_rows(shuffled, width)) << rows << " × " << width;
      }
    }
  }
}

TEST_P(ShuffleOf, EqualRowsAreKeptAsOftenAsTheyCome) {
  Parties parties(GetParam());
  Words table;
  for (int i = 0; i < 60; ++i) table.insert(table.end(), {Word(i % 3), Word(i % 2)});
  EXPECT_EQ(sorted_rows(table, 2), sorted_rows(shuffle(parties, table, 60, 2), 2));
}

TEST_P(ShuffleOf, EveryPartySendsItsShareToEveryOtherOnce) {
  Parties parties(GetParam());
  shuffle(parties, numbers(10), 10, 1);
  std::map<std::pair<int, int>, int> messages;
  for (const auto& [from, to, message] : parties.sent<v1::ShuffleShare>()) {
    ++messages[{from, to}];
    EXPECT_EQ(message.words().size(), 10 * sizeof(Word));
  }
  EXPECT_EQ(messages.size(), static_cast<std::size_t>(GetParam() * (GetParam() - 1)));
  for (const auto& [pair, count] : messages) EXPECT_EQ(count, 1);
}

TEST_P(ShuffleOf, TwoRunsHaveOrdersThatHaveNothingToDoWithEachOther) {
  constexpr std::size_t kRows = 500;
  Parties parties(GetParam());
  const auto one = shuffle(parties, numbers(kRows), kRows, 1);
  const auto two = shuffle(parties, numbers(kRows), kRows, 1);
  // Rows that stay in their places, and that have the same place in both: about one each (Poisson); 20 come by chance in 1e-19.
  std::size_t stayed = 0, same = 0;
  for (std::size_t i = 0; i < kRows; ++i) {
    stayed += one[i] == i ? 1 : 0;
    same += one[i] == two[i] ? 1 : 0;
  }
  EXPECT_LT(stayed, 20U);
  EXPECT_LT(same, 20U);
}

TEST_P(ShuffleOf, EveryOrderIsAsLikelyAsAnyOther) {
  // One run, one operation a shuffle.
  constexpr std::size_t kShuffles = 2400, kRows = 4;
  Parties parties(GetParam());
  std::vector<Shares> tables(kShuffles, share(numbers(kRows), GetParam()));
  run_operations<Shuffle>(
      parties, kShuffles, [&](Source& source, Shuffle& tool, const Group& group) { tool.draw(source, group, kRows, 1); },
      [&](DataClient& self, Shuffle& tool, std::size_t i) {
        return tool.run(self.channel, self.group, self.source.operation(), tables[i][self.party()]);
      });
  std::map<Words, std::size_t> orders;
  for (const auto& shares : tables) ++orders[sum(shares)];
  std::vector<std::size_t> counts;
  for (const auto& [order, count] : orders) counts.push_back(count);
  ASSERT_EQ(counts.size(), 24U);
  EXPECT_LT(std::fabs(chi_square_score(counts)), kFarOut);
}

INSTANTIATE_TEST_SUITE_P(Parties, ShuffleOf, testing::Values(2, 3, 4));

}  // namespace
}  // namespace pai::client::mpc::test
