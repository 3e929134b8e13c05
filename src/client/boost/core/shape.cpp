#include "client/boost/core/shape.h"

#include <algorithm>
#include <numeric>

namespace pai::client::boost {

std::size_t Shape::columns_before(std::size_t party) const {
  std::size_t sum = 0;
  for (std::size_t p = 0; p < party; ++p) sum += columns(p);
  return sum;
}

std::size_t Shape::features_before(std::size_t party) const {
  return std::accumulate(features.begin(), features.begin() + static_cast<std::ptrdiff_t>(party), std::size_t{0});
}

std::vector<std::size_t> Shape::owners() const {
  std::vector<std::size_t> owners;
  for (std::size_t p = 0; p < parties(); ++p) {
    if (features[p] > 0) owners.push_back(p);
  }
  return owners;
}

Scales Scales::of(std::size_t rows, double gradient_max, double hessian_max, double lambda) {
  Scales scales;
  const double count = static_cast<double>(rows);
  scales.sum_max = count * hessian_max + lambda;
  const double largest = std::max(count * gradient_max, scales.sum_max);
  int bits = 2;
  while (bits < 40 && static_cast<double>(std::uint64_t{1} << bits) < largest) ++bits;
  scales.gradient = 29 - bits;
  scales.sum = scales.gradient - 1;
  return scales;
}

}  // namespace pai::client::boost
