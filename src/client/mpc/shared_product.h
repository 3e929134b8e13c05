#pragma once

#include <span>
#include <vector>

#include "client/mpc/exchange.h"
#include "client/mpc/one_use.h"
#include "client/mpc/source.h"

namespace pai::client::mpc {

/// A shared tensor under a mask that serves all its products (Beaver, CRYPTO '91): x − a is opened once, a stays shared. One use: a tensor
/// that changed needs a new mask.
class MaskedTensor {
 public:
  void draw(Source& source, std::size_t size);
  /// Keeps a copy of the share x, for the products.
  void mask(std::span<const Word> x);
  void open(Exchange& exchange) { exchange.open(opened_); }

  std::span<const Word> share() const { return share_; }    ///< of x
  std::span<const Word> mask_share() const { return mask_; }  ///< of a; at the dealer a
  std::span<const Word> opened() const { return opened_; }  ///< x − a

 private:
  OneUse use_;
  std::vector<Word> share_;
  std::vector<Word> mask_;
  std::vector<Word> opened_;
};

/// A product of two masked tensors, by a triple of the dealer's: share of x∘y = (x−a)∘[y] + [a]∘(y−b) + [a∘b], where ∘ is any bilinear
/// product. Drawn after both tensors.
class SharedProduct {
 public:
  enum class Kind {
    kMatrix,            ///< x (m×k) · y (k×n)
    kFirstTransposed,   ///< xᵀ (m×k) · y (k×n), x is k×m
    kSecondTransposed,  ///< x (m×k) · yᵀ (k×n), y is n×k
    kElements,          ///< x ∘ y element by element; m×n, k is not used
    kInner,             ///< Σ x ∘ y, one word
  };
  struct Shape {
    Kind kind;
    std::size_t m = 1, k = 1, n = 1;
  };

  /// Whether tensors of these sizes are what the shape says.
  static bool fits(const Shape& shape, std::size_t x, std::size_t y);
  /// sum += x∘y, in the clear.
  static void add(const Shape& shape, std::span<Word> sum, std::span<const Word> x, std::span<const Word> y);

  void draw(Source& source, const Shape& shape, const MaskedTensor& x, const MaskedTensor& y);
  /// After both were opened.
  void take(const MaskedTensor& x, const MaskedTensor& y, std::span<Word> product) const;

 private:
  Shape shape_{};
  std::vector<Word> product_;  // shares of a∘b
};

}  // namespace pai::client::mpc
