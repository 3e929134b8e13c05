#pragma once

#include <cstddef>

/// Products of small dense matrices in double precision for PlainNetwork; row-major and packed. The order of
/// the additions, hence the last bits, depends on the processor.
namespace pai::client::nn {

/// sum (m×n) += a (m×k) · b (k×n)
void add_product(double* sum, const double* a, const double* b, std::size_t m, std::size_t k, std::size_t n);
/// sum (m×n) += aᵀ · b, where a is k×m and b is k×n
void add_transposed_product(double* sum, const double* a, const double* b, std::size_t m, std::size_t k,
                            std::size_t n);

}  // namespace pai::client::nn
