#pragma once

#include <span>
#include <vector>

#include "client/mpc/exchange.h"
#include "client/mpc/source.h"
#include "client/mpc/truncation.h"

namespace pai::client::mpc {

/// A truncated tensor as a masked one: what P2 opened hides it already, so that its products need no other
/// opening.
///
/// With w bits in the ring that is cut from and t bits cut, P2 gives y = P + U in Z/2^64 with
///
///   P = (m ≫ t) − 2^(w−2−t)        public
///   U = −(r ≫ t) + 2^(w−t) c∘b     shared; c = 1 − msb m is public, b = msb r shared
///
/// which is a tensor under a mask as MaskedTensor has it, P for its opening and U for its mask. U is no
/// tensor of the dealer's, for c depends on x; but it is one linear in c with factors that are the dealer's,
/// r ≫ t and b. So the product of U with another mask is the same sum of products of those factors with that
/// mask, which the dealer shares, and everybody puts together by c (CutProduct, CutElements).
///
/// Nothing is opened but m, under r, which is uniform in Z/2^w, hides this x alone and is known to no data
/// client; r ≫ t, b and their products are functions of the dealer's masks and are shared uniformly. A
/// party's view of one use is therefore m, uniform, and uniform shares: the same distribution for every x.
/// That a product uses P and c over again says nothing more, for they are functions of m.
///
///   tensor.draw(source, n, bits); product.draw(source, …, tensor, …);     // before the operation's `finish`
///   tensor.mask(x, leads); tensor.open(exchange); exchange.run(); tensor.take(leads);
///   product.take(tensor, …);
class CutTensor {
 public:
  /// As Truncation: 1 ≤ bits ≤ w − 3, −2^(w−2) ≤ x < 2^(w−2).
  void draw(Source& source, std::size_t size, int bits, CutRing ring = CutRing::kWide) {
    cut_.draw(source, size, bits, ring);
  }
  void mask(std::span<const Word> x, bool leads) { cut_.mask(x, leads); }
  void open(Exchange& exchange) { cut_.open(exchange); }
  /// After the round.
  void take(bool leads);

  std::size_t size() const { return cut_.shifted().size(); }
  std::span<const Word> share() const { return share_; }      ///< of y
  std::span<const Word> opened() const { return opened_; }    ///< P
  std::span<const Word> mask_share() const { return mask_; }  ///< of U
  std::span<const Word> wraps() const { return wraps_; }      ///< c as words: all ones or zero
  int wrap_bits() const { return cut_.wrap_bits(); }          ///< w − t
  /// Of dealt products with b: all that 2^(w−t) leaves of them in Z/2^64, in whole bytes.
  int top_bits() const;
  /// At the dealer: r ≫ t and b.
  std::span<const Word> dealt_shifted() const { return cut_.shifted(); }
  std::span<const Word> dealt_top() const { return cut_.top(); }

 private:
  Truncation cut_;
  std::vector<Word> share_, opened_, mask_, wraps_;
};

}  // namespace pai::client::mpc
