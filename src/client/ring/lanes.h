#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>

/// Vectors of 64-bit lanes by the compiler's own vector types, so that one text becomes a kernel for each
/// processor: a .cpp per kernel, with that processor's compiler options, includes this and a *_kernel.h.
/// Everything here is in an unnamed namespace and uses no inline function of a library: else the linker could
/// keep the copy of a kernel that this processor cannot run for the whole program.
namespace pai::client::ring {
namespace {

#define PAI_LANES_INLINE [[gnu::always_inline]] inline

/// One lane in the processor's ordinary registers.
struct ScalarLanes {
  static constexpr std::size_t kCount = 1;
  using Words = std::uint64_t;
  using Factor = std::uint64_t;
  using Sum = std::uint64_t;

  PAI_LANES_INLINE static Words broadcast(std::uint64_t word) { return word; }
  PAI_LANES_INLINE static Factor factor(Words words) { return words; }
  PAI_LANES_INLINE static Sum zero() { return 0; }
  PAI_LANES_INLINE static void add_product(Sum& sum, Words a, Factor b) { sum += a * b; }
  PAI_LANES_INLINE static Words total(Sum sum) { return sum; }
};

/// Of each pair of neighbours among a vector's blocks of `block` lanes the sum, those of x first of y second:
/// lane l is x[l] + x[l + block] where l has not the bit `block`, else y[l − block] + y[l].
template <std::size_t block, class Words, std::size_t... lane>
PAI_LANES_INLINE Words add_neighbours(const Words& x, const Words& y, std::index_sequence<lane...>) {
  constexpr std::size_t kCount = sizeof...(lane);
  return __builtin_shufflevector(x, y, ((lane & block) != 0 ? kCount + lane - block : lane)...) +
         __builtin_shufflevector(x, y, ((lane & block) != 0 ? kCount + lane : lane + block)...);
}

/// `count` lanes; products by the compiler's multiplication.
template <std::size_t count>
struct PlainLanes {
  static constexpr std::size_t kCount = count;
  typedef std::uint64_t Words __attribute__((vector_size(8 * count)));
  typedef double Doubles __attribute__((vector_size(8 * count)));

  /// A factor that is used in many products.
  struct Factor {
    Words words;
  };
  /// A sum of products that may be held in parts.
  struct Sum {
    Words words;
  };

  PAI_LANES_INLINE static Words broadcast(std::uint64_t word) { return Words{} + word; }
  PAI_LANES_INLINE static Factor factor(const Words& words) { return {words}; }
  PAI_LANES_INLINE static Sum zero() { return {Words{}}; }
  PAI_LANES_INLINE static void add_product(Sum& sum, const Words& a, const Factor& b) {
    sum.words += a * b.words;
  }
  PAI_LANES_INLINE static Words total(const Sum& sum) { return sum.words; }
  template <std::size_t block>
  PAI_LANES_INLINE static Words add_across(const Words& x, const Words& y) {
    return add_neighbours<block>(x, y, std::make_index_sequence<kCount>());
  }
};

template <class Lanes>
PAI_LANES_INLINE typename Lanes::Words load(const std::uint64_t* from) {
  typename Lanes::Words words;
  std::memcpy(&words, from, sizeof words);
  return words;
}

template <class Lanes>
PAI_LANES_INLINE void store(std::uint64_t* to, const typename Lanes::Words& words) {
  std::memcpy(to, &words, sizeof words);
}

/// The first `count` lanes from memory, zero in the others.
template <class Lanes>
PAI_LANES_INLINE typename Lanes::Words load_some(const std::uint64_t* from, std::size_t count) {
  typename Lanes::Words words{};
  for (std::size_t i = 0; i < count; ++i) words[i] = from[i];
  return words;
}

template <class Lanes>
PAI_LANES_INLINE void store_some(std::uint64_t* to, const typename Lanes::Words& words, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) to[i] = words[i];
}

}  // namespace
}  // namespace pai::client::ring
