#include "client/boost/core/sampling.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "client/nn/core/public_random.h"

namespace pai::client::boost {

namespace {

/// `ratio` of 0 … count − 1, ascending.
std::vector<std::uint32_t> chosen(std::size_t count, double ratio, nn::PublicRandom random) {
  std::vector<std::uint32_t> all(count);
  std::iota(all.begin(), all.end(), 0U);
  const auto size = std::clamp<std::size_t>(static_cast<std::size_t>(std::floor(ratio * static_cast<double>(count))), 1, count);
  for (std::size_t i = 0; i < size; ++i) std::swap(all[i], all[i + random.below(static_cast<std::uint32_t>(count - i))]);
  all.resize(size);
  std::sort(all.begin(), all.end());
  return all;
}

}  // namespace

Sample sample_of(const Shape& shape, std::uint64_t seed, std::uint64_t tree, double row_ratio, double column_ratio) {
  Sample sample;
  if (row_ratio < 1) sample.rows = chosen(shape.train_rows, row_ratio, nn::PublicRandom(seed, "boosting rows", tree));
  const auto total = std::accumulate(shape.features.begin(), shape.features.end(), std::size_t{0});
  const auto features = chosen(total, column_ratio, nn::PublicRandom(seed, "boosting columns", tree));
  sample.features.resize(shape.parties());
  std::size_t begin = 0;
  auto next = features.begin();
  for (std::size_t p = 0; p < shape.parties(); ++p) {
    for (; next != features.end() && *next < begin + shape.features[p]; ++next) {
      sample.features[p].push_back(*next - static_cast<std::uint32_t>(begin));
    }
    begin += shape.features[p];
  }
  return sample;
}

}  // namespace pai::client::boost
