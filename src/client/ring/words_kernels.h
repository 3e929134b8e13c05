#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

/// The element-wise kernels of words.h, for tests and benchmarks.
namespace pai::client::ring {

struct WordsKernel {
  const char* name;
  bool available;
  void (*add)(std::uint64_t* sum, const std::uint64_t* a, std::size_t count);
  void (*subtract)(std::uint64_t* difference, const std::uint64_t* a, std::size_t count);
  void (*add_scaled)(std::uint64_t* sum, std::uint64_t factor, const std::uint64_t* a, std::size_t count);
  void (*add_products)(std::uint64_t* sum, const std::uint64_t* a, const std::uint64_t* b, std::size_t count);
};

/// The fastest first; the last runs everywhere.
std::span<const WordsKernel> words_kernels();

}  // namespace pai::client::ring
