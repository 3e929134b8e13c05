#pragma once

#include <array>
#include <span>

#include "client/ring/matrix.h"
#include "client/ring/narrow_product.h"
#include "client/ring/sine_kernels.h"
#include "client/ring/words_kernels.h"
#include "common/base/check.h"

/// What each kernels_*.cpp defines, and how one is chosen. The tables are constants that need no code at
/// start-up: that code would be compiled for a processor that may not be this one.
namespace pai::client::ring {

extern const Kernel kMatrixPortable;
extern const SineKernel kSinePortable;
extern const WordsKernel kWordsPortable;
extern const NarrowKernel kNarrowPortable;
#if defined(__x86_64__)
extern const Kernel kMatrixAvx2, kMatrixAvx512;
extern const SineKernel kSineAvx2, kSineAvx512;
extern const WordsKernel kWordsAvx2, kWordsAvx512;
extern const NarrowKernel kNarrowAvx2, kNarrowAvx512, kNarrowAmx;

/// The kernels of one kind, the fastest first, with `available` filled in.
template <class Table>
std::array<Table, 3> with_availability(const Table& avx512, const Table& avx2, const Table& portable) {
  std::array<Table, 3> all{avx512, avx2, portable};
  all[0].available = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq");
  all[1].available = __builtin_cpu_supports("avx2");
  all[2].available = true;
  return all;
}
#define PAI_RING_KERNELS(kind) with_availability(kind##Avx512, kind##Avx2, kind##Portable)
#else
template <class Table>
std::array<Table, 1> with_availability(const Table& portable) {
  std::array<Table, 1> all{portable};
  all[0].available = true;
  return all;
}
#define PAI_RING_KERNELS(kind) with_availability(kind##Portable)
#endif

/// The first that this processor can run.
template <class Table>
const Table& first_available(std::span<const Table> all) {
  for (const Table& table : all) {
    if (table.available) return table;
  }
  check_failed("a kernel is available", "the portable kernel runs everywhere");
}

}  // namespace pai::client::ring
