#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace pai::client::ring {

/// An element of Z/2^64.
using Word = std::uint64_t;

/// A row-major matrix that somebody else owns. Rows may be further apart than they are wide.
struct ConstMatrix {
  const Word* data = nullptr;
  std::size_t rows = 0;
  std::size_t columns = 0;
  std::size_t stride = 0;  ///< words from a row to the next, at least `columns`

  const Word* row(std::size_t i) const { return data + i * stride; }
};

struct Matrix {
  Word* data = nullptr;
  std::size_t rows = 0;
  std::size_t columns = 0;
  std::size_t stride = 0;

  Word* row(std::size_t i) const { return data + i * stride; }
  operator ConstMatrix() const { return {data, rows, columns, stride}; }  // NOLINT: a matrix can be read
};

inline Matrix as_matrix(std::span<Word> words, std::size_t rows, std::size_t columns) {
  return {words.data(), rows, columns, columns};
}
inline ConstMatrix as_matrix(std::span<const Word> words, std::size_t rows, std::size_t columns) {
  return {words.data(), rows, columns, columns};
}

/// The products of protocols.md section 5, modulo 2^64. The kernel is chosen once, by what the processor has;
/// each gives the same bits. `sum` overlaps no factor. Shapes must fit: a misfit is our own bug and aborts.
///
/// sum (m×n) += a (m×k) · b (k×n)
void add_product(Matrix sum, ConstMatrix a, ConstMatrix b);
/// sum (m×n) += aᵀ · b, where a is k×m and b is k×n
void add_transposed_product(Matrix sum, ConstMatrix a, ConstMatrix b);
/// sum (m×n) += a · bᵀ, where a is m×k and b is n×k
void add_product_transposed(Matrix sum, ConstMatrix a, ConstMatrix b);

/// to.row(i) = from.row(rows[i]); `to` has rows.size() rows and from.columns columns.
void gather_rows(Matrix to, ConstMatrix from, std::span<const std::uint32_t> rows);

/// Name of the kernel in use: "avx512", "avx2" or "portable".
const char* kernel_name();

/// The kernels one by one, the fastest first, for tests and benchmarks: as above for shapes that fit and are
/// not empty. `available` is false on a processor that lacks the instructions.
struct Kernel {
  const char* name;
  bool available;
  void (*add_product)(Matrix, ConstMatrix, ConstMatrix);
  void (*add_transposed_product)(Matrix, ConstMatrix, ConstMatrix);
  void (*add_product_transposed)(Matrix, ConstMatrix, ConstMatrix);
};
std::span<const Kernel> kernels();

}  // namespace pai::client::ring
