#pragma once

#include "client/ring/lanes.h"
#include "client/ring/words_kernels.h"

/// The element-wise forms in lanes (see lanes.h for how this file is used).
namespace pai::client::ring {
namespace {

template <class Lanes>
void add_kernel(std::uint64_t* sum, const std::uint64_t* a, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) sum[i] += a[i];  // the compiler's own vectors are as good
}

template <class Lanes>
void subtract_kernel(std::uint64_t* difference, const std::uint64_t* a, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) difference[i] -= a[i];
}

template <class Lanes>
PAI_LANES_INLINE typename Lanes::Words product(const typename Lanes::Words& a,
                                               const typename Lanes::Factor& b) {
  typename Lanes::Sum sum = Lanes::zero();
  Lanes::add_product(sum, a, b);
  return Lanes::total(sum);
}

template <class Lanes>
void add_scaled_kernel(std::uint64_t* sum, std::uint64_t factor, const std::uint64_t* a, std::size_t count) {
  const auto by = Lanes::factor(Lanes::broadcast(factor));
  std::size_t i = 0;
  for (; i + Lanes::kCount <= count; i += Lanes::kCount)
    store<Lanes>(sum + i, load<Lanes>(sum + i) + product<Lanes>(load<Lanes>(a + i), by));
  for (; i < count; ++i) sum[i] += factor * a[i];
}

template <class Lanes>
void add_products_kernel(std::uint64_t* sum, const std::uint64_t* a, const std::uint64_t* b,
                         std::size_t count) {
  std::size_t i = 0;
  for (; i + Lanes::kCount <= count; i += Lanes::kCount) {
    const auto by = Lanes::factor(load<Lanes>(b + i));
    store<Lanes>(sum + i, load<Lanes>(sum + i) + product<Lanes>(load<Lanes>(a + i), by));
  }
  for (; i < count; ++i) sum[i] += a[i] * b[i];
}

template <class Lanes>
constexpr WordsKernel words_kernel(const char* name) {
  return {name,
          false,
          add_kernel<Lanes>,
          subtract_kernel<Lanes>,
          add_scaled_kernel<Lanes>,
          add_products_kernel<Lanes>};
}

}  // namespace
}  // namespace pai::client::ring
