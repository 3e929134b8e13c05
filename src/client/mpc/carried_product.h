#pragma once

#include <span>
#include <vector>

#include "client/mpc/owned_product.h"
#include "client/mpc/truncation.h"

namespace pai::client::mpc {

/// P1 forwards (OwnedProduct), operation after operation, for weights that change by truncated words alone:
/// w′ = w − Σ y, each y of a cut (P2). Most such w′ need not be opened under a mask again.
///
/// In the operation of w a uniform [V] is drawn and e = w − V opened, in any round. While a cut's sum r + x
/// did not wrap, its y is (s ≫ t) − (r ≫ t) with the s = r + x that P2 opens, so that
///
///   w′ = (e − Σ s ≫ t) + (V + Σ r ≫ t) = p + V′
///
/// with a public p, and a V′ that the dealer knows before anything is computed: in the operation of w′ it
/// deals [U·V′], and X·w′ = E·[V′] + [U·V′] + X·p takes no round.
///
/// Whether a sum may have wrapped, s tells (Truncation::subtract_known): all data clients alike, the dealer
/// not. So each operation also has a new V″ and U·V″, by which w′ goes the way of OwnedProduct: in the first
/// operation, and after a sum that may have wrapped. The one that is not needed is used for nothing else.
///
/// Secure: what is opened is e, s and sometimes w′ − V″, each under a uniform mask (V, r, V″) that hides
/// nothing else; V′ hides no opened value. Which way w′ goes is a function of s. Of U·V′ and U·V″ any N−1
/// parties have uniform words, as of every derived tensor.
///
/// Exact: for |x| ≤ bound p + V′ is w′ in every bit. For a larger x the shares of w′ are as right as P2 is,
/// but p may be off by 2^(64−t) in a word, with probability below |x|/2^64, and with it this one product:
/// the next one has an e of its own.
///
///   product.draw(source, batch, m);          // an operation's draws, at the dealer too
///   cut.draw(source, d · m, t);
///   product.carry(cut, bound);
///
///   if (product.needs_round()) …             // mask, open, exchange.run()
///   product.take(batch, z);
///   product.mask_next(w);
///   product.open_next(exchange);             // in a round with something else
///   …                                        // the cut is opened
///   product.advance();
class CarriedProduct {
 public:
  void draw(Source& source, const OwnedRows& batch, std::size_t width);
  /// The weights will lose what `cut` makes of |x| ≤ bound: its first words, as many as there are weights.
  /// After `cut` was drawn, for each such cut; it stays where it is until `advance`.
  void carry(const Truncation& cut, Word bound);

  /// Whether w has to be opened in this operation: `mask`, `open` and a round before `take`.
  bool needs_round() const { return !known_; }
  void mask(std::span<const Word> w) { fresh_.mask(w); }
  void open(Exchange& exchange) { fresh_.open(exchange); }
  /// Share of X·w (B × m).
  void take(const OwnedRows& batch, std::span<Word> product) const {
    (known_ ? carried_ : fresh_).take(batch, product);
  }

  /// e = w − V, of this operation's w
  void mask_next(std::span<const Word> w);
  void open_next(Exchange& exchange) { exchange.open(next_); }
  /// e to p, after it and all cuts were opened.
  void advance();

 private:
  struct Cut {
    const Truncation* words;
    Word bound;
  };

  OwnedProduct carried_, fresh_;  // by V′ and by V″
  bool known_ = false;            // p is
  // For the next operation:
  OneUse use_;
  std::vector<Word> mask_;       // shares of V
  std::vector<Word> next_mask_;  // of V′
  std::vector<Cut> cuts_;
  std::vector<Word> next_;  // e, then p
  bool next_known_ = false;
};

}  // namespace pai::client::mpc
