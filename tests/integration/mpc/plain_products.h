#pragma once

#include "integration/mpc/shares.h"

namespace pai::client::mpc::test {

/// x (m×k) · y (k×n), by the definition.
inline Words product(std::span<const Word> x, std::span<const Word> y, std::size_t m, std::size_t k, std::size_t n) {
  Words result(m * n);
  for (std::size_t i = 0; i < m; ++i) {
    for (std::size_t j = 0; j < n; ++j) {
      for (std::size_t l = 0; l < k; ++l) result[i * n + j] += x[i * k + l] * y[l * n + j];
    }
  }
  return result;
}

/// The transpose of x (m×n).
inline Words transposed(std::span<const Word> x, std::size_t m, std::size_t n) {
  Words result(m * n);
  for (std::size_t i = 0; i < m; ++i) {
    for (std::size_t j = 0; j < n; ++j) result[j * m + i] = x[i * n + j];
  }
  return result;
}

}  // namespace pai::client::mpc::test
