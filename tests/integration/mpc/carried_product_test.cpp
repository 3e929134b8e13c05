// Products of weights that only lose truncated words, carried from operation to operation: each is the plain
// product in every bit, with a round for the weights just where a truncated sum may have wrapped, whether
// that is never, now and then, or always.
#include "client/mpc/carried_product.h"

#include <algorithm>
#include <map>

#include "integration/mpc/owned_matrix.h"
#include "integration/mpc/plain_products.h"

namespace pai::client::mpc::test {
namespace {

constexpr std::size_t kRows = 7, kWidth = 2, kOperations = 40;
constexpr int kBits[] = {33, 16};  // of the cuts
constexpr Word kNever = Word{1} << 30, kOften = Word{1} << 60,
               kAlways = Word{1} << 63;  // at kOften a word's chance is 1/8

struct Case {
  std::string name;
  std::vector<std::size_t> columns;  // by party
  Word bound;
  std::size_t cuts = 1;
  Word largest = 0;  // of what is cut, where that is not the bound
};
void PrintTo(const Case& param, std::ostream* out) {
  *out << param.name;
}

/// What one party has at the end.
struct Record {
  std::vector<Words> weights, products;  // by operation; weights once more at the end
  std::vector<bool> rounds;              // whether the weights took one
};

struct Tools {
  CarriedProduct product;
  Truncation cuts[2];

  void draw(Source& source, const OwnedRows& batch, std::size_t weights, const Case& param) {
    product.draw(source, batch, kWidth);
    for (std::size_t i = 0; i < param.cuts; ++i) {
      cuts[i].draw(source, weights + 3, kBits[i]);  // biases are cut with the weights
      product.carry(cuts[i], param.bound);
    }
  }
};

class Carried : public testing::TestWithParam<Case> {
 protected:
  std::size_t columns() const {
    std::size_t total = 0;
    for (const auto count : GetParam().columns) total += count;
    return total;
  }
  std::size_t weights() const { return columns() * kWidth; }
  int parties() const { return static_cast<int>(GetParam().columns.size()); }
  /// What cut `cut` takes in operation `i`: anything up to the largest, and the largest itself.
  Words words_to_cut(std::size_t i, std::size_t cut) const {
    const Word largest = GetParam().largest > 0 ? GetParam().largest : GetParam().bound;
    const Word bound = std::min(largest, (Word{1} << 62) - 1);
    auto words = random_words(weights() + 3, 10 * i + cut);
    for (auto& word : words) word = word % (2 * bound + 1) - bound;
    words[0] = bound;
    words[1] = Word{0} - bound;
    return words;
  }

  Status compute(DataClient& self, const OwnedRows& batch, std::size_t operation, Tools& tools, Words& w,
                 Record& record) const {
    auto& [product, cuts] = tools;
    record.weights.push_back(w);
    record.rounds.push_back(product.needs_round());
    if (product.needs_round()) {
      product.mask(w);
      product.open(self.exchange);
      PAI_TRY(self.exchange.run());
    }
    product.take(batch, record.products.emplace_back(Words(kRows * kWidth, 99)));
    product.mask_next(w);
    product.open_next(self.exchange);
    PAI_TRY(self.exchange.run());
    Words y[2];
    for (std::size_t i = 0; i < GetParam().cuts; ++i) {
      y[i] = share(words_to_cut(operation, i), parties(), Sharing::kRandom, operation)[self.party()];
      cuts[i].mask(y[i], self.leads());
      cuts[i].open(self.exchange);
    }
    PAI_TRY(self.exchange.run());
    product.advance();
    for (std::size_t i = 0; i < GetParam().cuts; ++i) {
      cuts[i].take(y[i], self.leads());
      ring::subtract(w, std::span(y[i]).first(w.size()));
    }
    return {};
  }

  /// Operations of the product, each followed by one of something else, as an evaluation is.
  std::vector<Record> run(Parties& all) {
    const ring::Seed seed{3, 1, 4};  // chance has its say once
    all.fixed_seed = &seed;
    const auto x = random_words(kRows * columns(), 1);
    const auto w_shares = share(random_words(weights(), 2), parties());
    std::vector<Record> records(GetParam().columns.size());
    const auto between = [](Source& source) {
      Truncation other;
      other.draw(source, 5, 9);
    };
    all.run(
        [&](DataClient& self) -> Status {
          OwnedMatrix matrix(x, GetParam().columns, kRows);
          PAI_TRY(matrix.exchange(self));
          const auto batch = matrix.batch(0, kRows);
          Tools tools;
          auto w = w_shares[self.party()];
          auto& record = records[self.party()];
          for (std::size_t i = 0; i < kOperations; ++i) {
            PAI_TRY(self.begin([&](Source& source) { tools.draw(source, batch, weights(), GetParam()); }));
            PAI_TRY(compute(self, batch, i, tools, w, record));
            PAI_TRY(self.begin(between));
          }
          record.weights.push_back(w);
          return {};
        },
        [&](DealerSource& source) -> Status {
          OwnedMatrix matrix(x, GetParam().columns, kRows);
          PAI_TRY(matrix.deal(source));
          Tools tools;
          for (std::size_t i = 0; i < kOperations; ++i) {
            source.begin();
            tools.draw(source, matrix.batch(0, kRows), weights(), GetParam());
            PAI_TRY(source.finish());
            source.begin();
            between(source);
            PAI_TRY(source.finish());
          }
          return {};
        });
    EXPECT_TRUE(all.ok()) << all.messages();
    for (std::size_t i = 0; i < kOperations && all.ok(); ++i) {
      Shares products, before, after;
      for (const auto& record : records) {
        products.push_back(record.products[i]);
        before.push_back(record.weights[i]);
        after.push_back(record.weights[i + 1]);
        EXPECT_EQ(record.rounds[i], records[0].rounds[i]) << "all take the same way";
      }
      right_.push_back(sum(products) == product(x, sum(before), kRows, columns(), kWidth));
      expect_loss(sum(before), sum(after), i);
    }
    return records;
  }
  /// The weights lost what was cut: for each cut its floor, or one more.
  void expect_loss(const Words& before, const Words& after, std::size_t operation) const {
    for (std::size_t i = 0; i < before.size(); ++i) {
      Word floors = 0;
      for (std::size_t cut = 0; cut < GetParam().cuts; ++cut) {
        floors += static_cast<Word>(static_cast<std::int64_t>(words_to_cut(operation, cut)[i]) >> kBits[cut]);
      }
      EXPECT_LE(before[i] - after[i] - floors, GetParam().cuts) << "operation " << operation;
    }
  }

  /// The sums r + x that an operation opened, of the cuts' weights.
  std::vector<Words> opened_sums(const Parties& all) const {
    std::map<std::uint64_t, std::map<std::uint32_t, Words>> openings;
    for (const auto& [from, to, message] : all.sent<v1::Opening>()) {
      if (to != (from == all.client(0) ? all.client(1) : all.client(0))) continue;
      Words words(message.words().size() / sizeof(Word));
      EXPECT_TRUE(get_words(message.words(), words));
      auto& total = openings[message.operation()][message.round()];
      total.resize(words.size());
      ring::add(total, words);
    }
    std::vector<Words> sums;
    for (const auto& [operation, rounds] : openings) {
      const auto& words = rounds.rbegin()->second;
      auto& of_weights = sums.emplace_back();
      for (std::size_t cut = 0; cut < GetParam().cuts; ++cut) {
        for (std::size_t i = 0; i < weights(); ++i)
          of_weights.push_back(words.at(cut * (weights() + 3) + i) - (Word{1} << 62));
      }
    }
    return sums;
  }

  std::vector<bool> right_;  // by operation: whether the product was the plain one
};

TEST_P(Carried, EveryProductIsThePlainOneAndTakesARoundWhereASumMayHaveWrapped) {
  Parties all(parties());
  const auto rounds = run(all)[0].rounds;
  ASSERT_EQ(rounds.size(), kOperations);
  EXPECT_EQ(right_, std::vector<bool>(kOperations, true));
  EXPECT_TRUE(rounds[0]) << "nothing to carry yet";
  const auto sums = opened_sums(all);
  ASSERT_EQ(sums.size(), kOperations);
  std::size_t extra = 0;
  for (std::size_t i = 1; i < kOperations; ++i) {
    const bool clear = std::all_of(sums[i - 1].begin(), sums[i - 1].end(), [](Word s) {
      return s >= GetParam().bound && s < Word{0} - GetParam().bound;
    });
    EXPECT_EQ(rounds[i], !clear) << "operation " << i;
    extra += rounds[i];
  }
  EXPECT_GE(extra, GetParam().bound == kAlways ? kOperations - 1 : GetParam().bound == kOften ? 5 : 0);
  EXPECT_LE(extra, GetParam().bound == kNever   ? 0
                   : GetParam().bound == kOften ? kOperations - 6
                                                : kOperations - 1);
}

INSTANTIATE_TEST_SUITE_P(
    Bounds, Carried,
    testing::Values(Case{"two_clients", {3, 0}, kNever}, Case{"three_clients", {2, 1, 0}, kNever, 2},
                    Case{"four_clients", {1, 0, 2, 1}, kNever}, Case{"often_of_two", {2, 0}, kOften},
                    Case{"often_of_three", {1, 1, 0}, kOften}, Case{"often_of_four", {0, 1, 0, 0}, kOften, 2},
                    Case{"always_of_two", {0, 3}, kAlways}, Case{"always_of_three", {1, 1, 1}, kAlways, 2},
                    Case{"always_of_four", {1, 1, 1, 0}, kAlways}),
    [](const auto& of) { return of.param.name; });

class RunAway : public Carried {};

/// Words far beyond the bound: the weights still lose the right numbers, and a wrong product has no
/// successors.
TEST_P(RunAway, TheWeightsStayRightAndSoDoMostProducts) {
  Parties all(parties());
  run(all);
  ASSERT_EQ(right_.size(), kOperations);
  const auto right = std::count(right_.begin(), right_.end(), true);
  EXPECT_LT(right, kOperations) << "of 40 products with four words that wrap in 1/32 of all cases";
  EXPECT_GT(right, kOperations / 2);
  const std::vector<bool> wrong_then_right = {false, true};
  EXPECT_NE(std::search(right_.begin(), right_.end(), wrong_then_right.begin(), wrong_then_right.end()),
            right_.end());
}

INSTANTIATE_TEST_SUITE_P(Bounds, RunAway,
                         testing::Values(Case{"of_two", {2, 0}, kNever, 1, Word{1} << 60},
                                         Case{"of_three", {1, 1, 0}, kNever, 1, Word{1} << 60},
                                         Case{"of_four", {0, 1, 1, 0}, kNever, 1, Word{1} << 60}),
                         [](const auto& of) { return of.param.name; });

}  // namespace
}  // namespace pai::client::mpc::test
