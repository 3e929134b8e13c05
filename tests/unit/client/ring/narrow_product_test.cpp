// Products in Z/2^32: each kernel against plain loops, for every width and number of columns around a block, all rows and some.
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "client/ring/narrow_product.h"

namespace pai::client::ring {
namespace {

std::vector<Half> random_halves(std::size_t size, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<Half> halves(size);
  for (auto& half : halves) half = static_cast<Half>(random());
  return halves;
}

class NarrowProductOf : public testing::TestWithParam<std::size_t> {};

TEST_P(NarrowProductOf, EveryKernelIsThePlainSum) {
  const auto& kernel = narrow_kernels()[GetParam()];
  if (!kernel.available) GTEST_SKIP() << "this processor lacks the instructions";
  for (const std::size_t columns : {1, 15, 16, 17, 48}) {
    for (const std::size_t width : {1, 2, 4, 5, 16, 22, 32}) {
      constexpr std::size_t kRows = 131;
      const auto stride = half_stride(columns);
      const auto a = random_halves(kRows * stride, 1), b = random_halves(kRows * width, 2);
      std::vector<std::uint32_t> some{0, 3, 64, 100, 130};
      for (const bool all : {true, false}) {
        auto sum = random_halves(width * stride, 3);
        auto expected = sum;
        for (std::size_t k = 0; k < (all ? kRows : some.size()); ++k) {
          const std::size_t i = all ? k : some[k];
          for (std::size_t v = 0; v < width; ++v) {
            for (std::size_t j = 0; j < stride; ++j) expected[v * stride + j] += a[i * stride + j] * b[i * width + v];
          }
        }
        kernel.add_product({sum.data(), a.data(), stride, b.data(), width, all ? nullptr : some.data(), all ? kRows : some.size()});
        ASSERT_EQ(sum, expected) << kernel.name << " " << columns << " " << width << " " << all;
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Kernels, NarrowProductOf, testing::Range(std::size_t{0}, narrow_kernels().size()));

TEST(NarrowProduct, TakesTheFastestKernelAndChecksItsShapes) {
  const auto a = random_halves(10 * 16, 1), b = random_halves(10 * 2, 2);
  std::vector<Half> sum(2 * 16);
  add_narrow_product(sum, {a.data(), 10, 5}, b.data(), 2);
  Half expected = 0;
  for (std::size_t i = 0; i < 10; ++i) expected += a[i * 16 + 4] * b[i * 2 + 1];
  EXPECT_EQ(sum[16 + 4], expected);
  EXPECT_DEATH(add_narrow_product(std::span(sum).first(16), {a.data(), 10, 5}, b.data(), 2), "shapes");
  const std::vector<std::uint32_t> beyond{10};
  EXPECT_DEATH(add_narrow_product(sum, {a.data(), 10, 5}, b.data(), 2, beyond), "no such row");
}

}  // namespace
}  // namespace pai::client::ring
