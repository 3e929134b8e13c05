#pragma once

#include <span>
#include <vector>

#include "client/mpc/cut_tensor.h"
#include "client/mpc/shared_product.h"

namespace pai::client::mpc {

/// A product of a cut tensor x = P + U (see CutTensor, whose letters these are) with a masked one y = e + S,
/// e opened:
///
///   x·y = P·[y] + [U]·e + [U·S],   [U·S] = −[(r ≫ t)·S] + 2^(w−t) Σ c [b S]
///
/// The sum over c is of single products, so each of those is dealt: x's size times y's other dimension (n
/// below) words of top_bits, 6 bytes for a cut of 14 bits in Z/2^32. It is meant for a narrow y; where y is
/// wide, opening x once more under a mask of its own costs less. Drawn after both tensors.
class CutProduct {
 public:
  /// kMatrix, x (m×k) · y (k×n), or kFirstTransposed, xᵀ (m×k) · y (k×n) where x is k×m.
  void draw(Source& source, const SharedProduct::Shape& shape, const CutTensor& x, const MaskedTensor& y);
  /// After the rounds of both.
  void take(const CutTensor& x, const MaskedTensor& y, std::span<Word> product) const;

 private:
  bool fits(const CutTensor& x, std::size_t y) const;
  void add_wraps(const CutTensor& x, std::span<Word> product) const;

  SharedProduct::Shape shape_{};
  std::vector<Word> product_;  // shares of −(r ≫ t)·S, m × n
  std::vector<Word>
      tops_;  // of b_e S_ej for the elements e of x, in its order, column j of y after the other
};

/// The product of two cut tensors x = P + U and y = Q + T element by element. With t, c, b for x and t′, c′,
/// b′ for y, v = r ≫ t, v′ likewise:
///
///   x∘y = P∘[y] + [U]∘Q + [U∘T],
///   [U∘T] = [v v′] − 2^(w′−t′) c′∘[v b′] − 2^(w−t) c∘[v′ b] + 2^(w−t+w′−t′) c∘c′∘[b b′]
///
/// Each dealt word has as many bits as its power of two leaves; the last is none when that leaves nothing.
/// Drawn after both tensors.
class CutElements {
 public:
  void draw(Source& source, const CutTensor& x, const CutTensor& y);
  /// After the rounds of both.
  void take(const CutTensor& x, const CutTensor& y, std::span<Word> product) const;

 private:
  std::vector<Word> shifted_, by_top_of_y_, by_top_of_x_, tops_;  // shares of v v′, v b′, v′ b, b b′
};

}  // namespace pai::client::mpc
