#pragma once

#include <cstring>

#include "client/ring/narrow_product.h"

/// The product of narrow_product.h in vectors of `Bytes` bytes (see lanes.h for how such a file is used).
namespace pai::client::ring {
namespace {

template <std::size_t Bytes>
struct NarrowProduct {
  typedef std::uint32_t Vector __attribute__((vector_size(Bytes)));
  static constexpr std::size_t kLanes = Bytes / 4;
  /// Rows that are taken together: their part of `a` stays in the cache while its columns are gone through.
  static constexpr std::size_t kRowsAtATime = 64;

  /// Count columns of b, kLanes columns of a.
  template <std::size_t Count>
  static void block(const NarrowCall& call, std::size_t first, std::size_t rows, std::size_t column, std::size_t of_b) {
    Vector sums[Count];
#pragma GCC unroll 16
    for (std::size_t v = 0; v < Count; ++v) std::memcpy(&sums[v], call.sum + (of_b + v) * call.stride + column, Bytes);
    for (std::size_t k = first; k < first + rows; ++k) {
      const std::size_t i = call.rows == nullptr ? k : call.rows[k];
      Vector a;
      std::memcpy(&a, call.a + i * call.stride + column, Bytes);
      const HalfOfWord* const b = call.b + i * call.width + of_b;
#pragma GCC unroll 16
      for (std::size_t v = 0; v < Count; ++v) sums[v] += a * std::uint32_t{b[v]};
    }
#pragma GCC unroll 16
    for (std::size_t v = 0; v < Count; ++v) std::memcpy(call.sum + (of_b + v) * call.stride + column, &sums[v], Bytes);
  }

  static void run(const NarrowCall& call) {
    for (std::size_t first = 0; first < call.count; first += kRowsAtATime) {
      const auto rows = call.count - first < kRowsAtATime ? call.count - first : kRowsAtATime;
      for (std::size_t column = 0; column < call.stride; column += kLanes) {
        std::size_t v = 0;
        for (; v + 16 <= call.width; v += 16) block<16>(call, first, rows, column, v);
        for (; v + 4 <= call.width; v += 4) block<4>(call, first, rows, column, v);
        for (; v < call.width; ++v) block<1>(call, first, rows, column, v);
      }
    }
  }
};

}  // namespace
}  // namespace pai::client::ring
