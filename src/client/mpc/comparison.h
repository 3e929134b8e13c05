#pragma once

#include <span>
#include <vector>

#include "client/mpc/bit_planes.h"
#include "client/mpc/exchange.h"
#include "client/mpc/one_use.h"
#include "client/mpc/source.h"

namespace pai::client::mpc {

/// P4 (protocols.md section 5): whether shared words are negative, as bits shared by exclusive or; any number of parties, one use, five rounds
/// in Z/2^64. Words of Z/2^32 have half as many digits and take three rounds, after whoever uses them has opened them under a mask of its own.
///
/// Open m = x + r under a uniform r. Then x = m − r, and its sign is msb m ⊕ msb r ⊕ [the other bits of r > those of m]. The dealer shares,
/// for each of 16 digits of r (four bits, the highest three), which of its values the digit has; the public digit of m picks [r_d = m_d] and,
/// from the sum of the entries above it, [r_d > m_d]. Four rounds of ANDs put the digits together.
///
/// x may be compared with several public words at once: m less such a word is the opening of x less that word, under the same r, and looks up
/// the same tables at another place. Only the ANDs, with masks of their own, are done for each.
///
/// Exact for every x. What is opened is m, uniform by r, and the ANDs' factors under uniform bits of their own.
class Comparison {
 public:
  void draw(Source& source, std::size_t count, std::size_t bounds = 1);
  /// For words of Z/2^bits, bits 32 or 64, that are opened elsewhere as x + `mask`; the mask's shares, of which only the dealer's values are looked at.
  void draw_under(Source& source, std::span<const Word> mask, int bits, std::size_t bounds = 1);
  /// `less` gets shares of [x − bound < 0], as two's complement, bit i for x[i]: plane_words(count) words, for one bound after the other.
  Status run(Exchange& exchange, std::span<const Word> x, std::span<const Word> bounds, bool leads, std::vector<Word>& less);
  Status run(Exchange& exchange, std::span<const Word> x, bool leads, std::vector<Word>& negative) {
    const Word zero = 0;
    return run(exchange, x, {&zero, 1}, leads, negative);
  }
  /// After `draw_under`: `sums` are x + mask, opened.
  Status run_opened(Exchange& exchange, std::span<const Word> sums, std::span<const Word> bounds, bool leads, std::vector<Word>& less);

  std::size_t count() const { return count_; }

 private:
  /// One level of the tree of digits: each of `pairs` takes a higher and a lower part.
  struct Level {
    std::size_t pairs = 0;
    std::vector<Word> masks;     // of [higher =], then [lower >], then [lower =] of all pairs but the lowest
    std::vector<Word> products;  // the first mask with the second, then with the third
  };

  void draw_all(Source& source, std::span<const Word> mask, std::size_t bounds);
  void draw_tables(Source& source, std::span<const Word> mask);
  std::size_t digits() const { return static_cast<std::size_t>(bits_) / 4; }
  std::size_t bits_of(std::size_t digit) const { return digit + 1 == digits() ? 3 : 4; }
  std::size_t entries_of(std::size_t digit) const { return std::size_t{1} << bits_of(digit); }
  Status compare(Exchange& exchange, std::span<const Word> sums, std::span<const Word> bounds, bool leads, std::vector<Word>& less);
  void draw_level(Source& source, Level& level) const;
  void look_up_digits(std::vector<Word>& greater, std::vector<Word>& equal) const;
  Status join(Exchange& exchange, const Level& level, bool leads, std::vector<Word>& greater, std::vector<Word>& equal) const;

  OneUse use_;
  int bits_ = 64;              // of the ring
  std::size_t count_ = 0;
  std::size_t width_ = 0;      // words of a plane
  std::size_t all_ = 0;        // of the planes of all bounds
  std::vector<Word> mask_;     // shares of r; none when it is somebody else's
  std::vector<Word> tables_;   // of [r_d = v], digit by digit, value by value
  std::vector<Word> top_;      // of msb r
  std::vector<Level> levels_;
  std::vector<Word> opened_;   // the planes of m less each bound
};

}  // namespace pai::client::mpc
