#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace pai::client::nn {

/// The rows of each iteration, the same at every party (protocols.md section 6).
///
/// Epoch e has the permutation p of 0 … n−1 that Fisher–Yates makes from PublicRandom(seed, "batches", e): p
/// = identity; for i = n−1 down to 1: j = below(i + 1), swap p[i] and p[j]. With batch size B (n when B > n)
/// an epoch has ⌊n/B⌋ iterations; the k-th takes p[kB] … p[kB+B−1], and the n mod B rows left over are not
/// seen in that epoch. Iteration t is number t mod ⌊n/B⌋ of epoch ⌊t / ⌊n/B⌋⌋.
class Batches {
 public:
  /// rows from 1 to 2^32 − 1, batch_size at least 1.
  Batches(std::uint64_t seed, std::size_t rows, std::size_t batch_size);

  std::size_t batch_size() const { return batch_size_; }
  std::uint64_t per_epoch() const { return rows_ / batch_size_; }
  std::uint64_t epoch_of(std::uint64_t iteration) const { return iteration / per_epoch(); }
  /// How many iterations `epochs` are.
  std::uint64_t iterations(std::uint64_t epochs) const { return epochs * per_epoch(); }

  /// Rows of an iteration, from 0; any order of calls, but going forward is cheap: the permutation is made
  /// once an epoch (4 bytes a row). Lives until the next call.
  std::span<const std::uint32_t> rows_of(std::uint64_t iteration);

 private:
  std::uint64_t seed_;
  std::size_t rows_;
  std::size_t batch_size_;
  std::uint64_t epoch_ = ~std::uint64_t{0};
  std::vector<std::uint32_t> permutation_;
};

/// The permutation of an epoch by itself.
void fill_permutation(std::uint64_t seed, std::uint64_t epoch, std::span<std::uint32_t> permutation);

}  // namespace pai::client::nn
