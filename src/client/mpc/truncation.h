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

 private:
  OneUse use_;
  int bits_ = 0;
  std::vector<Word> mask_;     // shares of r
  std::vector<Word> shifted_;  // of r ≫ bits
  std::vector<Word> top_;      // of r's highest bit
  std::vector<Word> opened_;
};

}  // namespace pai::client::mpc
