// Products of two shared tensors, every kind, against the definition; masks that serve several products.
#include "client/mpc/shared_product.h"

#include "integration/mpc/parties.h"
#include "integration/mpc/plain_products.h"

namespace pai::client::mpc::test {
namespace {

using Kind = SharedProduct::Kind;
using Shape = SharedProduct::Shape;

struct Sizes {
  std::size_t x, y, result;
};

Sizes sizes_of(const Shape& shape) {
  const auto [kind, m, k, n] = shape;
  if (kind == Kind::kElements) return {m * n, m * n, m * n};
  if (kind == Kind::kInner) return {m * n, m * n, 1};
  return {m * k, k * n, m * n};
}

Words plain(const Shape& shape, const Words& x, const Words& y) {
  const auto [kind, m, k, n] = shape;
  switch (kind) {
    case Kind::kMatrix: return product(x, y, m, k, n);
    case Kind::kFirstTransposed: return product(transposed(x, k, m), y, m, k, n);
    case Kind::kSecondTransposed: return product(x, transposed(y, n, k), m, k, n);
    case Kind::kInner: return product(x, y, 1, m * n, 1);
    case Kind::kElements: break;
  }
  Words result(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) result[i] = x[i] * y[i];
  return result;
}

struct Tools {
  MaskedTensor x, y;
  SharedProduct product;
};

class SharedProductOf : public testing::TestWithParam<int> {};

TEST_P(SharedProductOf, EveryKindIsThePlainProduct) {
  Parties parties(GetParam());
  const Shape shapes[] = {{Kind::kMatrix, 3, 5, 7},       {Kind::kMatrix, 1, 1, 1},   {Kind::kFirstTransposed, 5, 8, 3},
                          {Kind::kFirstTransposed, 1, 9, 2}, {Kind::kSecondTransposed, 6, 2, 5},
                          {Kind::kSecondTransposed, 2, 17, 1}, {Kind::kElements, 9, 1, 13}, {Kind::kInner, 11, 1, 3},
                          {Kind::kInner, 1, 1, 1}};
  for (const auto& shape : shapes) {
    for (const auto sharing : {Sharing::kRandom, Sharing::kOneHolds}) {
      const auto sizes = sizes_of(shape);
      const auto x = random_words(sizes.x, 1), y = random_words(sizes.y, 2);
      const auto x_shares = share(x, GetParam(), sharing), y_shares = share(y, GetParam(), sharing, 3);
      Shares results(x_shares.size(), Words(sizes.result, 99));
      run_operation<Tools>(
          parties,
          [&](Source& source, Tools& tools) {
            tools.x.draw(source, sizes.x);
            tools.y.draw(source, sizes.y);
            tools.product.draw(source, shape, tools.x, tools.y);
          },
          [&](DataClient& self, Tools& tools) -> Status {
            tools.x.mask(x_shares[self.party()]);
            tools.y.mask(y_shares[self.party()]);
            tools.x.open(self.exchange);
            tools.y.open(self.exchange);
            PAI_TRY(self.exchange.run());
            tools.product.take(tools.x, tools.y, results[self.party()]);
            return {};
          });
      EXPECT_EQ(sum(results), plain(shape, x, y)) << static_cast<int>(shape.kind) << " " << shape.m << " " << shape.k;
    }
  }
}

TEST_P(SharedProductOf, OneMaskServesAllProductsOfItsTensor) {
  // x · y, xᵀ · x' and x ∘ x with x under one mask, as the way back of a network uses it.
  struct Several {
    MaskedTensor x, y;
    SharedProduct matrix, gram, square;
  };
  constexpr std::size_t kM = 6, kK = 4, kN = 3;
  Parties parties(GetParam());
  const auto x = random_words(kM * kK, 1), y = random_words(kK * kN, 2);
  const auto x_shares = share(x, GetParam()), y_shares = share(y, GetParam(), Sharing::kRandom, 5);
  Shares matrix(x_shares.size(), Words(kM * kN)), gram(x_shares.size(), Words(kK * kK)), square(x_shares.size(), Words(1));
  run_operation<Several>(
      parties,
      [&](Source& source, Several& tools) {
        tools.x.draw(source, kM * kK);
        tools.y.draw(source, kK * kN);
        tools.matrix.draw(source, {Kind::kMatrix, kM, kK, kN}, tools.x, tools.y);
        tools.gram.draw(source, {Kind::kFirstTransposed, kK, kM, kK}, tools.x, tools.x);
        tools.square.draw(source, {Kind::kInner}, tools.x, tools.x);
      },
      [&](DataClient& self, Several& tools) -> Status {
        tools.x.mask(x_shares[self.party()]);
        tools.x.open(self.exchange);
        PAI_TRY(self.exchange.run());
        tools.gram.take(tools.x, tools.x, gram[self.party()]);
        tools.y.mask(y_shares[self.party()]);
        tools.y.open(self.exchange);
        PAI_TRY(self.exchange.run());
        tools.matrix.take(tools.x, tools.y, matrix[self.party()]);
        tools.square.take(tools.x, tools.x, square[self.party()]);
        return {};
      });
  EXPECT_EQ(sum(matrix), product(x, y, kM, kK, kN));
  EXPECT_EQ(sum(gram), product(transposed(x, kM, kK), x, kK, kM, kK));
  EXPECT_EQ(sum(square), product(x, x, 1, x.size(), 1));
}

INSTANTIATE_TEST_SUITE_P(Parties, SharedProductOf, testing::Values(2, 3, 4));

}  // namespace
}  // namespace pai::client::mpc::test
