// Products with a matrix whose columns several parties own, forwards and backwards, against the definition of a product.
#include "client/mpc/owned_product.h"

#include "integration/mpc/owned_matrix.h"
#include "integration/mpc/plain_products.h"

namespace pai::client::mpc::test {
namespace {

struct Case {
  std::string name;
  std::vector<std::size_t> columns;  // by party
  std::size_t width = 1;
};

constexpr std::size_t kRows = 40;
/// First row and rows of the batches: their size changes, one has a single row, rows come again.
constexpr std::pair<std::size_t, std::size_t> kBatches[] = {{0, 16}, {16, 16}, {32, 8}, {5, 1}, {0, 40}};

class OwnedProductOf : public testing::TestWithParam<Case> {};

/// Both products of every batch, with the same primitives again and again as the trainings use them.
TEST_P(OwnedProductOf, EveryBatchIsThePlainProductForwardsAndBackwards) {
  const auto& [name, columns, width] = GetParam();
  std::size_t total = 0;
  for (const auto count : columns) total += count;
  const int count = static_cast<int>(columns.size());
  Parties parties(count);
  const auto x = random_words(kRows * total, 1);
  const auto w = random_words(total * width, 2);
  const auto delta = random_words(kRows * width, 3);
  const auto w_shares = share(w, count), delta_shares = share(delta, count, Sharing::kOneHolds);
  std::vector<Shares> forwards(std::size(kBatches), Shares(columns.size())), backwards = forwards;

  parties.run(
      [&](DataClient& self) -> Status {
        OwnedMatrix matrix(x, columns, kRows);
        PAI_TRY(matrix.exchange(self));
        OwnedProduct product;
        OwnedTransposedProduct transposed;
        for (std::size_t i = 0; i < std::size(kBatches); ++i) {
          const auto [first, rows] = kBatches[i];
          const auto batch = matrix.batch(first, rows);
          PAI_TRY(self.begin([&](Source& source) {
            product.draw(source, batch, width);
            transposed.draw(source, batch, width);
          }));
          product.mask(w_shares[self.party()]);
          product.open(self.exchange);
          transposed.mask(std::span(delta_shares[self.party()]).subspan(first * width, rows * width));
          transposed.open(self.exchange);
          PAI_TRY(self.exchange.run());
          auto& forward = forwards[i][self.party()];
          auto& backward = backwards[i][self.party()];
          forward.assign(rows * width, 99);  // what was there before does not matter
          backward.assign(total * width, 99);
          product.take(batch, forward);
          transposed.take(batch, backward);
        }
        return {};
      },
      [&](DealerSource& source) -> Status {
        OwnedMatrix matrix(x, columns, kRows);
        PAI_TRY(matrix.deal(source));
        OwnedProduct product;
        OwnedTransposedProduct transposed;
        for (const auto& [first, rows] : kBatches) {
          source.begin();
          product.draw(source, matrix.batch(first, rows), width);
          transposed.draw(source, matrix.batch(first, rows), width);
          PAI_TRY(source.finish());
        }
        return {};
      });
  ASSERT_TRUE(parties.ok()) << parties.messages();
  for (std::size_t i = 0; i < std::size(kBatches); ++i) {
    const auto [first, rows] = kBatches[i];
    const auto x_batch = std::span(x).subspan(first * total, rows * total);
    const auto delta_batch = std::span(delta).subspan(first * width, rows * width);
    EXPECT_EQ(sum(forwards[i]), test::product(x_batch, w, rows, total, width)) << "batch " << i;
    EXPECT_EQ(sum(backwards[i]), test::product(test::transposed(x_batch, rows, total), delta_batch, total, rows, width))
        << "batch " << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Owners, OwnedProductOf,
                         testing::Values(Case{"feature_and_label", {5, 0}, 1}, Case{"first_owns_none", {0, 7}, 2},
                                         Case{"both", {3, 2}, 3}, Case{"three", {3, 0, 2}, 1},
                                         Case{"three_owners", {1, 1, 1}, 17}, Case{"four", {9, 1, 0, 4}, 2},
                                         Case{"last_of_four_owns_all", {0, 0, 0, 6}, 5}),
                         [](const auto& of) { return of.param.name; });

}  // namespace
}  // namespace pai::client::mpc::test
