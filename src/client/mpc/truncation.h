#pragma once

#include <span>
#include <vector>

#include "client/mpc/exchange.h"
#include "client/mpc/one_use.h"
#include "client/mpc/source.h"

namespace pai::client::mpc {

/// P2 (protocols.md section 5): divides shared words by 2^bits, for any number of parties; one use. |x| must be below 2^62; the result is
/// ⌊x/2^bits⌋ or one more, with the probability that makes it right on average. One round, one word opened a word.
///
///   truncation.draw(source, n, bits);            // before the operation's `finish`
///   truncation.mask(x, leads); truncation.open(exchange); exchange.run(); truncation.take(y, leads);
class Truncation {
 public:
  void draw(Source& source, std::size_t size, int bits);
  /// m = x + 2^62 + r
  void mask(std::span<const Word> x, bool leads);
  void open(Exchange& exchange) { exchange.open(opened_); }
  /// y = (m ≫ t) − [r ≫ t] + 2^(64−t) (1 − msb m) [msb r] − 2^(62−t); y may be x.
  void take(std::span<Word> y, bool leads) const;

  std::span<const Word> shifted() const { return shifted_; }  ///< shares of r ≫ t; at the dealer r ≫ t
  /// After the opening, in public: words −= s ≫ t, where s = m − 2^62 is r + x modulo 2^64; `words` may be fewer than were cut. True when no
  /// r + x of theirs can have wrapped, so that y = (s ≫ t) − (r ≫ t) for each: for |x| ≤ bound the sum of integers is s itself when
  /// bound ≤ s < 2^64 − bound, for s + 2^64 would take an x above s, s − 2^64 one of at most s − 2^64. Of a random r it is so but for
  /// 2·bound/2^64. `bound` is from 1 to 2^63, where it never is.
  [[nodiscard]] bool subtract_known(std::span<Word> words, Word bound) const;

 private:
  OneUse use_;
  int bits_ = 0;
  std::vector<Word> mask_;     // shares of r
  std::vector<Word> shifted_;  // of r ≫ bits
  std::vector<Word> top_;      // of r's highest bit
  std::vector<Word> opened_;
};

}  // namespace pai::client::mpc
