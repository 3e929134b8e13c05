#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "client/ring/matrix.h"

/// Z/2^32, for sums that are small (histograms): half the memory, three times the speed.
namespace pai::client::ring {

/// An element of Z/2^32.
using Half = std::uint32_t;
/// One that lies in memory which is drawn as Words, two in each, the lower half first.
using HalfOfWord = Half __attribute__((may_alias));

/// A row-major matrix of halves that somebody else owns. Rows begin at multiples of kHalfBlock halves and have zeros or anything behind their
/// columns up to the next such multiple.
inline constexpr std::size_t kHalfBlock = 16;
constexpr std::size_t half_stride(std::size_t columns) { return (columns + kHalfBlock - 1) / kHalfBlock * kHalfBlock; }

struct NarrowMatrix {
  const HalfOfWord* data = nullptr;
  std::size_t rows = 0;
  std::size_t columns = 0;

  std::size_t stride() const { return half_stride(columns); }
};

/// sum[v · a.stride() + j] += Σ_i a(i, j) · b[i · width + v], over the rows i that `rows` names (all when it is empty): aᵀ·b, column of b
/// after column. `sum` has width · a.stride() halves; of its places behind a's columns nothing is to be expected.
void add_narrow_product(std::span<Half> sum, const NarrowMatrix& a, const HalfOfWord* b, std::size_t width,
                        std::span<const std::uint32_t> rows = {});

/// The kernels one by one, the fastest first, for tests and benchmarks.
struct NarrowCall {
  Half* sum;
  const HalfOfWord* a;
  std::size_t stride;
  const HalfOfWord* b;
  std::size_t width;
  const std::uint32_t* rows;  ///< null: 0 … count − 1
  std::size_t count;
};
struct NarrowKernel {
  const char* name;
  bool available;
  void (*add_product)(const NarrowCall&);
};
std::span<const NarrowKernel> narrow_kernels();

}  // namespace pai::client::ring
