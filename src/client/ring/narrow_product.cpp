#include "client/ring/narrow_product.h"

#include "client/ring/kernel_tables.h"
#include "common/base/check.h"

namespace pai::client::ring {
namespace {

const NarrowKernel& chosen() {
  static const NarrowKernel& kernel = first_available(narrow_kernels());
  return kernel;
}

}  // namespace

std::span<const NarrowKernel> narrow_kernels() {
  static const auto all = PAI_RING_KERNELS(kNarrow);
  return all;
}

void add_narrow_product(std::span<Half> sum, const NarrowMatrix& a, const HalfOfWord* b, std::size_t width,
                        std::span<const std::uint32_t> rows) {
  PAI_CHECK(sum.size() == width * a.stride(), "the shapes do not fit");
  for (const auto row : rows) PAI_CHECK(row < a.rows, "no such row");
  if (sum.empty() || a.rows == 0) return;
  chosen().add_product({sum.data(), a.data, a.stride(), b, width, rows.empty() ? nullptr : rows.data(),
                        rows.empty() ? a.rows : rows.size()});
}

}  // namespace pai::client::ring
