#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

/// The kernels of sine_series.h, for tests and benchmarks; each gives the same bits.
namespace pai::client::ring {

struct WaveTablesCall {
  const std::uint64_t* angles;
  std::size_t count;
  int bits;
  int harmonics;
  double unit;  ///< 2^scale
  std::uint64_t* tables;
};

struct SeriesShareCall {
  const std::uint64_t* opened;
  std::size_t count;
  int bits;
  int harmonics;
  const double* coefficients;  ///< times 2^scale; not read without `value`
  const double* slopes;        ///< times 2^scale; not read without `derivative`
  const std::uint64_t* tables;
  std::uint64_t* value;       ///< null: not asked for
  std::uint64_t* derivative;  ///< null: not asked for
};

struct SineKernel {
  const char* name;
  bool available;
  void (*wave_tables)(const WaveTablesCall&);
  void (*series_share)(const SeriesShareCall&);
};

/// The fastest first; the last runs everywhere.
std::span<const SineKernel> sine_kernels();

}  // namespace pai::client::ring
