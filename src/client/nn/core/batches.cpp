#include "client/nn/core/batches.h"

#include <algorithm>
#include <array>
#include <limits>
#include <numeric>
#include <utility>

#include "client/nn/core/public_random.h"
#include "common/base/check.h"

namespace pai::client::nn {

void fill_permutation(std::uint64_t seed, std::uint64_t epoch, std::span<std::uint32_t> permutation) {
  std::iota(permutation.begin(), permutation.end(), std::uint32_t{0});
  PublicRandom random(seed, "batches", epoch);
  // The places are drawn some steps ahead, so that memory far off is on its way when it is needed.
  constexpr std::size_t kAhead = 64;
  std::array<std::uint32_t, kAhead> places;
  for (std::size_t remaining = permutation.size(); remaining > 1;) {
    const std::size_t count = std::min(kAhead, remaining - 1);
    for (std::size_t k = 0; k < count; ++k) {
      places[k] = random.below(static_cast<std::uint32_t>(remaining - k));
      __builtin_prefetch(&permutation[places[k]], 1);
    }
    for (std::size_t k = 0; k < count; ++k) std::swap(permutation[remaining - 1 - k], permutation[places[k]]);
    remaining -= count;
  }
}

Batches::Batches(std::uint64_t seed, std::size_t rows, std::size_t batch_size)
    : seed_(seed), rows_(rows), batch_size_(std::min(rows, batch_size)) {
  PAI_CHECK(rows >= 1 && rows <= std::numeric_limits<std::uint32_t>::max(), "a number of rows");
  PAI_CHECK(batch_size >= 1, "a batch has rows");
}

std::span<const std::uint32_t> Batches::rows_of(std::uint64_t iteration) {
  const std::uint64_t epoch = epoch_of(iteration);
  if (permutation_.empty() || epoch != epoch_) {
    permutation_.resize(rows_);
    fill_permutation(seed_, epoch, permutation_);
    epoch_ = epoch;
  }
  return std::span<const std::uint32_t>(permutation_)
      .subspan(static_cast<std::size_t>(iteration % per_epoch()) * batch_size_, batch_size_);
}

}  // namespace pai::client::nn
