// Every kernel gives what three plain loops give, in all three forms, for shapes around each step of a
// kernel, in matrices whose rows are further apart than they are wide; what lies between the rows stays as it
// is.

#include "client/ring/matrix.h"

#include <gtest/gtest.h>
#include <random>
#include <vector>

#include "client/ring/matrix_kernel.h"
#include "matrix_cases.h"

namespace pai::client::ring {
namespace {

class KernelTest : public testing::TestWithParam<const Kernel*> {};

TEST_P(KernelTest, ProductsOfAllShapes) {
  if (!GetParam()->available) GTEST_SKIP() << "this processor lacks the instructions";
  for (const Shape& shape : shapes()) check_products(*GetParam(), shape);
}

/// The text of the AVX-512 kernel, compiled for any processor: shown even where the instructions are missing.
const Kernel kEightLanes = [] {
  Kernel kernel = matrix_kernel<PlainLanes<8>, Cut{.rows = 8, .vectors = 2, .row_vectors = 4}>("eight_lanes");
  kernel.available = true;
  return kernel;
}();

std::vector<const Kernel*> all_kernels() {
  std::vector<const Kernel*> list{&kEightLanes};
  for (const Kernel& kernel : kernels()) list.push_back(&kernel);
  return list;
}

INSTANTIATE_TEST_SUITE_P(Kernels, KernelTest, testing::ValuesIn(all_kernels()),
                         [](const auto& kernel) { return std::string(kernel.param->name); });

TEST(MatrixTest, TheKernelInUseIsAnAvailableOne) {
  bool found = false;
  for (const Kernel& kernel : kernels())
    found = found || (kernel.available && kernel.name == std::string_view(kernel_name()));
  EXPECT_TRUE(found);
}

TEST(MatrixTest, PublicProductsAddToTheSum) {
  const std::vector<Word> a{1, 2, 3, 4, 5, 6};
  std::vector<Word> sum{100, 200, 300, 400};
  add_product(as_matrix(std::span(sum), 2, 2), as_matrix(std::span(a), 2, 3), as_matrix(std::span(a), 3, 2));
  EXPECT_EQ(sum, (std::vector<Word>{122, 228, 349, 464}));
  std::vector<Word> square(9);
  add_transposed_product(as_matrix(std::span(square), 3, 3), as_matrix(std::span(a), 2, 3),
                         as_matrix(std::span(a), 2, 3));
  EXPECT_EQ(square, (std::vector<Word>{17, 22, 27, 22, 29, 36, 27, 36, 45}));
  std::vector<Word> small(4);
  add_product_transposed(as_matrix(std::span(small), 2, 2), as_matrix(std::span(a), 2, 3),
                         as_matrix(std::span(a), 2, 3));
  EXPECT_EQ(small, (std::vector<Word>{14, 32, 32, 77}));
}

TEST(MatrixTest, EmptyFactorsAddNothing) {
  std::vector<Word> words{1, 2, 3, 4, 5, 6};
  const Matrix none = as_matrix(std::span(words), 0, 3), thin = as_matrix(std::span(words), 2, 0);
  const Matrix whole = as_matrix(std::span(words), 2, 3), square = as_matrix(std::span(words), 2, 2);
  add_product(none, as_matrix(std::span(words), 0, 2), whole);
  add_product(thin, square, thin);
  add_product(whole, thin, none);
  add_transposed_product(as_matrix(std::span(words), 3, 3), none, none);
  add_transposed_product(thin, square, thin);
  add_product_transposed(square, thin, thin);
  add_product_transposed(thin, whole, none);
  EXPECT_EQ(words, (std::vector<Word>{1, 2, 3, 4, 5, 6}));
}

TEST(MatrixTest, GathersRowsInTheirOrder) {
  const std::vector<Word> from{1, 2, 3, 4, 5, 6};
  std::vector<Word> to(6);
  const std::vector<std::uint32_t> rows{2, 0, 2};
  gather_rows(as_matrix(std::span(to), 3, 2), as_matrix(std::span(from), 3, 2), rows);
  EXPECT_EQ(to, (std::vector<Word>{5, 6, 1, 2, 5, 6}));
}

TEST(MatrixDeathTest, AMisfitAborts) {
  std::vector<Word> words(6);
  const Matrix a = as_matrix(std::span(words), 2, 3);
  EXPECT_DEATH(add_product(a, a, a), "shapes");
  EXPECT_DEATH(add_transposed_product(a, a, a), "shapes");
  EXPECT_DEATH(add_product_transposed(a, a, a), "shapes");
  const std::vector<std::uint32_t> rows{0, 2};
  EXPECT_DEATH(gather_rows(a, a, rows), "no such row");
}

}  // namespace
}  // namespace pai::client::ring
