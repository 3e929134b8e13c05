#pragma once

#include <cstddef>
#include <span>

/// Dense arithmetic in double precision for PlainNetwork, chosen at run time by what the processor has.
/// Matrices are row-major and packed; a sum overlaps no factor. The order of additions, hence the last bits,
/// depends on the processor.
namespace pai::client::nn {

/// sum (m×n) += a (m×k) · b (k×n)
void add_product(double* sum, const double* a, const double* b, std::size_t m, std::size_t k, std::size_t n);
/// sum (m×n) += aᵀ · b, where a is k×m and b is k×n
void add_transposed_product(double* sum, const double* a, const double* b, std::size_t m, std::size_t k,
                            std::size_t n);

/// 1 / (1 + e^−z), to about 1e-15 of itself for |z| ≤ 700 and no less than e^−708 beyond. In place is fine.
void sigmoid(std::span<const double> z, std::span<double> out);

}  // namespace pai::client::nn
