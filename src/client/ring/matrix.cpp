#include "client/ring/matrix.h"

#include <array>
#include <cstring>

#include "client/ring/kernel_tables.h"
#include "common/base/check.h"

namespace pai::client::ring {
namespace {

const Kernel& chosen() {
  static const Kernel& kernel = first_available(kernels());
  return kernel;
}

}  // namespace

std::span<const Kernel> kernels() {
  static const auto all = PAI_RING_KERNELS(kMatrix);
  return all;
}

const char* kernel_name() {
  return chosen().name;
}

void add_product(Matrix sum, ConstMatrix a, ConstMatrix b) {
  PAI_CHECK(sum.rows == a.rows && sum.columns == b.columns && a.columns == b.rows, "the shapes do not fit");
  if (sum.rows == 0 || sum.columns == 0 || a.columns == 0) return;
  chosen().add_product(sum, a, b);
}

void add_transposed_product(Matrix sum, ConstMatrix a, ConstMatrix b) {
  PAI_CHECK(sum.rows == a.columns && sum.columns == b.columns && a.rows == b.rows, "the shapes do not fit");
  if (sum.rows == 0 || sum.columns == 0 || a.rows == 0) return;
  chosen().add_transposed_product(sum, a, b);
}

void add_product_transposed(Matrix sum, ConstMatrix a, ConstMatrix b) {
  PAI_CHECK(sum.rows == a.rows && sum.columns == b.rows && a.columns == b.columns, "the shapes do not fit");
  if (sum.rows == 0 || sum.columns == 0 || a.columns == 0) return;
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
