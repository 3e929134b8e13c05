#include "client/nn/core/products.h"

#include <algorithm>
#include <bit>
#include <cstdint>

#include "common/base/check.h"

// Built with -O3. Everything in the templates is inlined into a function that names its processor, and
// becomes that processor's instructions there.
#define PAI_INLINE [[gnu::always_inline]] inline

// Clang, which builds the fuzz targets, knows neither of these two.
#if defined(__clang__)
#define PAI_EACH_BY_ITSELF
#define PAI_AVX512 "avx512f,avx512dq"
#else
#define PAI_EACH_BY_ITSELF _Pragma("GCC ivdep")
#define PAI_AVX512 "avx512f,avx512dq,prefer-vector-width=512"
#endif

namespace pai::client::nn {
namespace {

/// Element i of a factor's row r is at r · row_step + i · step: one kernel serves a factor and its transpose.
struct Strided {
  const double* data;
  std::size_t row_step, step;
};

/// Vectors of `kLanes` numbers. Four rows of `kVectors` of them, with what they are multiplied with, fit into
/// the processor's registers.
struct Eight {
  using Vector [[gnu::vector_size(64), gnu::aligned(8), gnu::may_alias]] = double;
  static constexpr std::size_t kLanes = 8;
  static constexpr std::size_t kVectors = 4;
};
struct Four {
  using Vector [[gnu::vector_size(32), gnu::aligned(8), gnu::may_alias]] = double;
  static constexpr std::size_t kLanes = 4;
  static constexpr std::size_t kVectors = 2;
};
struct Two {
  using Vector [[gnu::vector_size(16), gnu::aligned(8), gnu::may_alias]] = double;
  static constexpr std::size_t kLanes = 2;
  static constexpr std::size_t kVectors = 2;
};
struct One {
  using Vector = double;
  static constexpr std::size_t kLanes = 1;
};

/// A block of R rows × C vectors of the sum, kept in registers over the whole inner dimension.
template <class Lanes, std::size_t R, std::size_t C>
PAI_INLINE void add_block(double* sum, Strided a, const double* b, std::size_t k, std::size_t n) {
  using Vector = typename Lanes::Vector;
  Vector block[R][C] = {};
  for (std::size_t i = 0; i < k; ++i) {
    Vector right[C];
    for (std::size_t c = 0; c < C; ++c)
      right[c] = *reinterpret_cast<const Vector*>(b + i * n + c * Lanes::kLanes);
    for (std::size_t r = 0; r < R; ++r) {
      const double left = a.data[r * a.row_step + i * a.step];
      for (std::size_t c = 0; c < C; ++c) block[r][c] += left * right[c];
    }
  }
  for (std::size_t r = 0; r < R; ++r) {
    for (std::size_t c = 0; c < C; ++c)
      *reinterpret_cast<Vector*>(sum + r * n + c * Lanes::kLanes) += block[r][c];
  }
}

/// C vectors of columns, all rows.
template <class Lanes, std::size_t C>
PAI_INLINE void add_panel(double* sum, Strided a, const double* b, std::size_t m, std::size_t k,
                          std::size_t n) {
  std::size_t row = 0;
  for (; row + 4 <= m; row += 4) {
    add_block<Lanes, 4, C>(sum + row * n, {a.data + row * a.row_step, a.row_step, a.step}, b, k, n);
  }
  for (; row < m; ++row) {
    add_block<Lanes, 1, C>(sum + row * n, {a.data + row * a.row_step, a.row_step, a.step}, b, k, n);
  }
}

template <class Lanes>
PAI_INLINE void add_all(double* sum, Strided a, const double* b, std::size_t m, std::size_t k,
                        std::size_t n) {
  std::size_t column = 0;
  constexpr std::size_t kWide = Lanes::kVectors * Lanes::kLanes;
  for (; column + kWide <= n; column += kWide)
    add_panel<Lanes, Lanes::kVectors>(sum + column, a, b + column, m, k, n);
  for (; column + Lanes::kLanes <= n; column += Lanes::kLanes)
    add_panel<Lanes, 1>(sum + column, a, b + column, m, k, n);
  for (; column < n; ++column) add_panel<One, 1>(sum + column, a, b + column, m, k, n);
}

/// e^x = 2^n · e^r with |r| ≤ ½ log 2: the rounding to n is an addition that leaves n in the low bits of the
/// sum.
PAI_INLINE double exponential(double x) {
  constexpr double kShift = 0x1.8p52;
  const double low = x < -708.0 ? -708.0 : x;
  const double bounded = low > 708.0 ? 708.0 : low;
  const double shifted = bounded * 1.4426950408889634 + kShift;
  const double n = shifted - kShift;
  const double r = (bounded - n * 0x1.62e42fefa38p-1) - n * 0x1.ef35793c7673p-45;  // log 2 in two parts
  double series = 1.0 / 6227020800.0;
  constexpr double kFactors[] = {1.0 / 479001600.0,
                                 1.0 / 39916800.0,
                                 1.0 / 3628800.0,
                                 1.0 / 362880.0,
                                 1.0 / 40320.0,
                                 1.0 / 5040.0,
                                 1.0 / 720.0,
                                 1.0 / 120.0,
                                 1.0 / 24.0,
                                 1.0 / 6.0,
                                 0.5,
                                 1.0,
                                 1.0};
  for (const double factor : kFactors) series = series * r + factor;
  const auto power = (std::bit_cast<std::uint64_t>(shifted) + 1023) << 52;
  return series * std::bit_cast<double>(power);
}

PAI_INLINE void sigmoid_all(const double* z, double* out, std::size_t size) {
  PAI_EACH_BY_ITSELF  // also in place
      for (std::size_t i = 0; i < size; ++i) out[i] = 1.0 / (1.0 + exponential(-z[i]));
}

void product_portable(double* sum, Strided a, const double* b, std::size_t m, std::size_t k, std::size_t n) {
  add_all<Two>(sum, a, b, m, k, n);
}
void sigmoid_portable(const double* z, double* out, std::size_t size) {
  sigmoid_all(z, out, size);
}

#if defined(__x86_64__)
[[gnu::target("avx2,fma")]] void product_avx2(double* sum, Strided a, const double* b, std::size_t m,
                                              std::size_t k, std::size_t n) {
  add_all<Four>(sum, a, b, m, k, n);
}
[[gnu::target("avx512f")]] void product_avx512(double* sum, Strided a, const double* b, std::size_t m,
                                               std::size_t k, std::size_t n) {
  add_all<Eight>(sum, a, b, m, k, n);
}
[[gnu::target("avx2,fma")]] void sigmoid_avx2(const double* z, double* out, std::size_t size) {
  sigmoid_all(z, out, size);
}
[[gnu::target(PAI_AVX512)]] void sigmoid_avx512(const double* z, double* out, std::size_t size) {
  sigmoid_all(z, out, size);
}
#endif

struct Kernel {
  void (*product)(double*, Strided, const double*, std::size_t, std::size_t, std::size_t) = product_portable;
  void (*sigmoid)(const double*, double*, std::size_t) = sigmoid_portable;
};

Kernel choose() {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq")) {
    return {product_avx512, sigmoid_avx512};
  }
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return {product_avx2, sigmoid_avx2};
#endif
  return {};
}

const Kernel& kernel() {
  static const Kernel chosen = choose();
  return chosen;
}

}  // namespace

void add_product(double* sum, const double* a, const double* b, std::size_t m, std::size_t k, std::size_t n) {
  kernel().product(sum, {a, k, 1}, b, m, k, n);
}

void add_transposed_product(double* sum, const double* a, const double* b, std::size_t m, std::size_t k,
                            std::size_t n) {
  // Down a column of a, each number is in another line of the cache: some rows at a time, it stays there.
  constexpr std::size_t kRows = 32;
  for (std::size_t row = 0; row < k; row += kRows)
    kernel().product(sum, {a + row * m, 1, m}, b + row * n, m, std::min(kRows, k - row), n);
}

void sigmoid(std::span<const double> z, std::span<double> out) {
  PAI_CHECK(z.size() == out.size(), "as many values as places");
  kernel().sigmoid(z.data(), out.data(), z.size());
}

}  // namespace pai::client::nn
