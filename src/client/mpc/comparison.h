#pragma once

#include <span>
#include <vector>

#include "client/mpc/bit_planes.h"
#include "client/mpc/exchange.h"
#include "client/mpc/one_use.h"
#include "client/mpc/source.h"

namespace pai::client::mpc {

/// P4 (protocols.md section 5): whether shared words are negative, as bits shared by exclusive or; any number of parties, one use, five rounds.
///
/// Open m = x + r under a uniform r. Then x = m − r, and its sign is msb m ⊕ msb r ⊕ [low 63 bits of r > those of m]. The dealer shares,
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
  /// `less` gets shares of [x − bound < 0], as two's complement, bit i for x[i]: plane_words(count) words, for one bound after the other.
  Status run(Exchange& exchange, std::span<const Word> x, std::span<const Word> bounds, bool leads, std::vector<Word>& less);
  Status run(Exchange& exchange, std::span<const Word> x, bool leads, std::vector<Word>& negative) {
    const Word zero = 0;
    return run(exchange, x, {&zero, 1}, leads, negative);
  }

  std::size_t count() const { return mask_.size(); }

 private:
  /// One level of the tree of digits: each of `pairs` takes a higher and a lower part.
  struct Level {
    std::size_t pairs = 0;
    std::vector<Word> masks;     // of [higher =], then [lower >], then [lower =] of all pairs but the lowest
    std::vector<Word> products;  // the first mask with the second, then with the third
  };

  void draw_tables(Source& source);
  void draw_level(Source& source, Level& level) const;
  void look_up_digits(std::vector<Word>& greater, std::vector<Word>& equal) const;
  Status join(Exchange& exchange, const Level& level, bool leads, std::vector<Word>& greater, std::vector<Word>& equal) const;

  OneUse use_;
  std::size_t width_ = 0;      // words of a plane
  std::size_t all_ = 0;        // of the planes of all bounds
  std::vector<Word> mask_;     // shares of r
  std::vector<Word> tables_;   // of [r_d = v], digit by digit, value by value
  std::vector<Word> top_;      // of msb r
  std::vector<Level> levels_;
  std::vector<Word> opened_;   // m, then the planes of m less each bound
};

}  // namespace pai::client::mpc
