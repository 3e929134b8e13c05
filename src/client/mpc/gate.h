#pragma once

#include <span>
#include <vector>

#include "client/mpc/bit_planes.h"
#include "client/mpc/exchange.h"
#include "client/mpc/one_use.h"
#include "client/mpc/source.h"

namespace pai::client::mpc {

/// Shared words that pass where two bits shared by exclusive or are both ones, and are zero elsewhere. One use, two rounds: the bits' AND by a
/// dealt product of their masks, then its product with the words, as a selection of Contest. What is opened is under uniform bits and words.
class Gate {
 public:
  void draw(Source& source, std::size_t count);
  /// `words` before and after; the bits' planes have plane_words(count) words.
  Status run(Exchange& exchange, std::span<const Word> first, std::span<const Word> second, bool leads, std::span<Word> words);

 private:
  OneUse use_;
  std::size_t plane_ = 0;
  std::vector<Word> factors_, product_;          // masks of both factors, and their AND
  std::vector<Word> bit_mask_, bits_;            // ρ, by exclusive or and in Z/2^64
  std::vector<Word> word_mask_, masked_product_;  // a, ρ∘a
};

}  // namespace pai::client::mpc
