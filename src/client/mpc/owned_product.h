#pragma once

#include <span>
#include <vector>

#include "client/mpc/exchange.h"
#include "client/mpc/one_use.h"
#include "client/mpc/source.h"
#include "client/ring/matrix.h"

namespace pai::client::mpc {

/// A batch of the matrix X whose columns belong to several parties (P1). Everybody has the rows of E = X − U, all columns; an owner also
/// has its own columns of X. The dealer has the rows of U in the place of E.
struct OwnedRows {
  ring::ConstMatrix masked;   ///< B × d: E at a data client, U at the dealer
  ring::ConstMatrix own;      ///< B × own columns of X; no columns at a party without
  std::size_t own_begin = 0;  ///< first own column among the d
};

/// P1 forwards: X·w for a shared w (d × m). One use; the batch is the same at `draw` and `take`.
class OwnedProduct {
 public:
  void draw(Source& source, const OwnedRows& batch, std::size_t width);
  /// e = w − V
  void mask(std::span<const Word> w);
  void open(Exchange& exchange) { exchange.open(opened_); }

  /// In the place of these three, for w whose e is known without being opened here: V's shares (at the dealer V) exist already.
  void draw(Source& source, const OwnedRows& batch, std::size_t width, std::span<const Word> mask);
  void know(std::span<const Word> e);

  /// Share of X·w (B × m): E·V + C, and the owner adds X·e.
  void take(const OwnedRows& batch, std::span<Word> product) const;

 private:
  void draw_product(Source& source, const OwnedRows& batch);

  OneUse use_;
  std::size_t width_ = 0;
  std::vector<Word> mask_;     // shares of V, d × m
  std::vector<Word> product_;  // shares of C = U·V, B × m
  std::vector<Word> opened_;   // e
};

/// P1 backwards: Xᵀ·δ for a shared δ (B × m).
class OwnedTransposedProduct {
 public:
  void draw(Source& source, const OwnedRows& batch, std::size_t width);
  /// δ − T
  void mask(std::span<const Word> delta);
  void open(Exchange& exchange) { exchange.open(opened_); }
  /// Share of Xᵀ·δ (d × m): Eᵀ·T + UᵀT, and the owner adds Xᵀ(δ − T) in its rows.
  void take(const OwnedRows& batch, std::span<Word> product) const;

 private:
  OneUse use_;
  std::size_t width_ = 0;
  std::vector<Word> mask_;     // shares of T, B × m
  std::vector<Word> product_;  // shares of UᵀT, d × m
  std::vector<Word> opened_;
};

}  // namespace pai::client::mpc
