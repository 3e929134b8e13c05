#include "client/ring/narrow_product.h"

#include <algorithm>

#if defined(__x86_64__)
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

#include "client/ring/kernel_tables.h"
#include "common/base/check.h"

namespace pai::client::ring {
namespace {

const NarrowKernel& chosen() {
  static const NarrowKernel& kernel = first_available(narrow_kernels());
  return kernel;
}

#if defined(__x86_64__)
/// Whether processor and operating system have tiles of bytes; asks the system for them, for the whole process.
bool has_tiles() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  if (!__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512bw")) return false;
  constexpr unsigned kTiles = 1U << 24 | 1U << 25;  // AMX-TILE, AMX-INT8
  if (__get_cpuid_count(7, 0, &a, &b, &c, &d) == 0 || (d & kTiles) != kTiles) return false;
  constexpr long kAskPermission = 0x1023, kTileData = 18;
  return ::syscall(SYS_arch_prctl, kAskPermission, kTileData) == 0;
}
#endif

}  // namespace

std::span<const NarrowKernel> narrow_kernels() {
#if defined(__x86_64__)
  static const auto all = [] {
    const auto others = PAI_RING_KERNELS(kNarrow);
    std::array<NarrowKernel, others.size() + 1> kernels{kNarrowAmx};
    kernels[0].available = has_tiles();
    std::copy(others.begin(), others.end(), kernels.begin() + 1);
    return kernels;
  }();
#else
  static const auto all = PAI_RING_KERNELS(kNarrow);
#endif
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
