#pragma once

#include <span>
#include <vector>

#include "client/mpc/exchange.h"
#include "client/mpc/one_use.h"
#include "client/mpc/source.h"

namespace pai::client::mpc {

/// Z/2^64, or a ring of fewer whole bytes for numbers that are small: what comes out is in Z/2^64 either way.
enum class CutRing : int { kNarrow = 32, kFiveBytes = 40, kSixBytes = 48, kSevenBytes = 56, kWide = 64 };

/// The smallest of them that has room for numbers below 2^bits in magnitude; bits up to 62.
constexpr CutRing cut_ring_for(int bits) {
  for (const auto ring : {CutRing::kNarrow, CutRing::kFiveBytes, CutRing::kSixBytes, CutRing::kSevenBytes}) {
    if (bits + 2 <= static_cast<int>(ring)) return ring;
  }
  return CutRing::kWide;
}

/// P2 (protocols.md section 5): divides shared words by 2^bits, for any number of parties; one use. With w bits in the ring that they come from,
/// −2^(w−2) ≤ x < 2^(w−2); the result is ⌊x/2^bits⌋ or one more, with the probability that makes it right on average. One round, one word
/// of w bits opened a word.
///
///   truncation.draw(source, n, bits);            // before the operation's `finish`
///   truncation.mask(x, leads); truncation.open(exchange); exchange.run(); truncation.take(y, leads);
class Truncation {
 public:
  /// 1 ≤ bits ≤ w − 3.
  void draw(Source& source, std::size_t size, int bits, CutRing ring = CutRing::kWide);
  /// m = x + 2^(w−2) + r mod 2^w, r uniform in Z/2^w; higher bits of the shares of x do not matter, and none of m's leave.
  void mask(std::span<const Word> x, bool leads);
  void open(Exchange& exchange) { exchange.open(opened_, ring_bits_); }
  /// y = (m ≫ t) − [r ≫ t] + 2^(w−t) (1 − msb m) [msb r] − 2^(w−2−t) in Z/2^64; y may be x.
  void take(std::span<Word> y, bool leads) const;

  /// The sum above in its parts, for CutTensor; at the dealer the shares are values.
  std::span<const Word> opened() const { return opened_; }    ///< m
  std::span<const Word> shifted() const { return shifted_; }  ///< shares of r ≫ t
  std::span<const Word> top() const { return top_; }          ///< shares of msb r, right modulo 2^top_bits
  int ring_bits() const { return ring_bits_; }                ///< w
  int bits() const { return bits_; }                          ///< t
  int wrap_bits() const { return ring_bits_ - bits_; }        ///< w − t
  int top_bits() const { return 64 - wrap_bits(); }           ///< all of msb r that 2^(w−t) leaves in Z/2^64

  /// After the opening, in public, of a cut in Z/2^64: words −= s ≫ t, where s = m − 2^62 is r + x modulo 2^64; `words` may be fewer than were cut. True when no
  /// r + x of theirs can have wrapped, so that y = (s ≫ t) − (r ≫ t) for each: for |x| ≤ bound the sum of integers is s itself when
  /// bound ≤ s < 2^64 − bound, for s + 2^64 would take an x above s, s − 2^64 one of at most s − 2^64. Of a random r it is so but for
  /// 2·bound/2^64. `bound` is from 1 to 2^63, where it never is.
  [[nodiscard]] bool subtract_known(std::span<Word> words, Word bound) const;

 private:
  /// x + lift is positive and below 2^(w−1).
  Word lift() const { return Word{1} << (ring_bits_ - 2); }

  OneUse use_;
  int bits_ = 0;
  int ring_bits_ = 64;
  std::vector<Word> mask_;     // shares of r; only their low `ring_bits_` count
  std::vector<Word> shifted_;  // of r ≫ bits
  std::vector<Word> top_;      // of r's highest bit
  std::vector<Word> opened_;
};

}  // namespace pai::client::mpc
