#include "client/ring/matrix.h"

#include <array>
#include <cstring>

#include "common/base/check.h"

namespace pai::client::ring {
namespace {

void portable_product(Matrix sum, ConstMatrix a, ConstMatrix b) {
  for (std::size_t i = 0; i < sum.rows; ++i) {
    for (std::size_t k = 0; k < a.columns; ++k) {
      const Word factor = a.row(i)[k];
      for (std::size_t j = 0; j < sum.columns; ++j) sum.row(i)[j] += factor * b.row(k)[j];
    }
  }
}

void portable_transposed_product(Matrix sum, ConstMatrix a, ConstMatrix b) {
  for (std::size_t k = 0; k < a.rows; ++k) {
    for (std::size_t i = 0; i < sum.rows; ++i) {
      const Word factor = a.row(k)[i];
      for (std::size_t j = 0; j < sum.columns; ++j) sum.row(i)[j] += factor * b.row(k)[j];
    }
  }
}

void portable_product_transposed(Matrix sum, ConstMatrix a, ConstMatrix b) {
  for (std::size_t i = 0; i < sum.rows; ++i) {
    for (std::size_t j = 0; j < sum.columns; ++j) {
      Word total = 0;
      for (std::size_t k = 0; k < a.columns; ++k) total += a.row(i)[k] * b.row(j)[k];
      sum.row(i)[j] += total;
    }
  }
}

constexpr std::array<Kernel, 1> kKernels{
    {{"portable", true, portable_product, portable_transposed_product, portable_product_transposed}}};

const Kernel& chosen() {
  static const Kernel& kernel = []() -> const Kernel& {
    for (const Kernel& candidate : kernels()) {
      if (candidate.available) return candidate;
    }
    check_failed("a kernel is available", "the portable kernel runs everywhere");
  }();
  return kernel;
}

}  // namespace

std::span<const Kernel> kernels() {
  return kKernels;
}

const char* kernel_name() {
  return chosen().name;
}

void add_product(Matrix sum, ConstMatrix a, ConstMatrix b) {
  PAI_CHECK(sum.rows == a.rows && sum.columns == b.columns && a.columns == b.rows, "the shapes do not fit");
  chosen().add_product(sum, a, b);
}

void add_transposed_product(Matrix sum, ConstMatrix a, ConstMatrix b) {
  PAI_CHECK(sum.rows == a.columns && sum.columns == b.columns && a.rows == b.rows, "the shapes do not fit");
  chosen().add_transposed_product(sum, a, b);
}

void add_product_transposed(Matrix sum, ConstMatrix a, ConstMatrix b) {
  PAI_CHECK(sum.rows == a.rows && sum.columns == b.rows && a.columns == b.columns, "the shapes do not fit");
  chosen().add_product_transposed(sum, a, b);
}

void gather_rows(Matrix to, ConstMatrix from, std::span<const std::uint32_t> rows) {
  PAI_CHECK(to.rows == rows.size() && to.columns == from.columns, "the shapes do not fit");
  for (std::size_t i = 0; i < rows.size(); ++i) {
    PAI_CHECK(rows[i] < from.rows, "no such row");
    std::memcpy(to.row(i), from.row(rows[i]), to.columns * sizeof(Word));
  }
}

}  // namespace pai::client::ring
