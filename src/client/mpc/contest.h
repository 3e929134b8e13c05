#pragma once

#include <span>
#include <vector>

#include "client/mpc/comparison.h"

namespace pai::client::mpc {

/// So many things in one group of a contest, at most: all pairs are compared.
inline constexpr std::size_t kContestMax = 8;

/// How large the groups of each stage are at most, until one of `count` things is left: as few stages as there can be, and of these ways the one
/// with the fewest comparisons. Early groups are small, for they have the most things.
std::vector<std::size_t> contest_stages(std::size_t count);
/// The sizes of as few groups as `count` things make, none larger than `size_max` (at most kContestMax), all within one of each other.
std::vector<std::size_t> contest_groups(std::size_t count, std::size_t size_max = kContestMax);

/// Which value of each group of at most eight is the largest, and what goes with it (argmax, protocols.md section 7). Values are shared words
/// whose differences within a group are below 2^63 in magnitude; of equal ones the first wins. One use; six rounds, and one to select.
///
/// Each value is opened once under a uniform word; the difference of two such sums is the opening of the values' difference, under that of the
/// words, so that all pairs of a group are compared (P4) without another. A value has won when it lost to none of the seven others: the AND of seven bits
/// shared by exclusive or, by a table that the dealer shares: open the bits under a uniform seven-bit ρ; the table has a one at the complement of ρ (fewer bits
/// where groups are smaller). A selection opens the winners' bits under uniform bits, which the dealer shares in Z/2^64 too; what is selected from beside
/// the values is opened under uniform words of its own. Nothing else is opened: nobody learns who won, unless `open_winners` is called in the place of a selection.
class Contest {
 public:
  /// What is selected beside the winners' numbers.
  enum class Selects { kNothing, kValues };
  /// `sizes` of the groups, one after the other; so many tensors will be selected from, beside the values.
  void draw(Source& source, std::vector<std::size_t> sizes, Selects selects, std::size_t others = 0);
  /// Finds the winners.
  Status run(Exchange& exchange, std::span<const Word> values, bool leads);

  /// Selection: each of the other tensors, then one round.
  void mask(std::size_t tensor, std::span<const Word> words);
  void open(Exchange& exchange);
  /// The winner's value of each group; `values` as at `run`.
  void take_values(std::span<const Word> values, std::span<Word> of_winners) const;
  /// The winner's word of each group; `words` as at `mask`.
  void take(std::size_t tensor, std::span<const Word> words, std::span<Word> of_winners) const;
  /// The same of words that everybody knows.
  void take_public(std::span<const Word> words, bool leads, std::span<Word> of_winners) const;

  /// In the place of a selection, one round: bit i tells all whether value i has won.
  Status open_winners(Exchange& exchange, std::vector<Word>& winners);

  std::size_t groups() const { return sizes_.size(); }
  std::size_t size() const { return size_; }

 private:
  struct Selected {
    std::vector<Word> mask;     // shares of a
    std::vector<Word> product;  // of ρ∘a
    std::vector<Word> opened;   // words − a
  };
  std::vector<Word> inputs(std::span<const Word> first_lost, bool leads) const;
  std::vector<Word> differences(std::span<const Word> words) const;
  /// The winners' words, from shares of them and of ρ∘words.
  void select(std::span<const Word> words, std::span<const Word> by_mask, std::span<Word> of_winners) const;

  OneUse use_, winners_use_;
  std::vector<std::size_t> sizes_;
  std::size_t others_ = 0;  // in the largest group
  std::size_t size_ = 0;   // of all groups
  std::size_t width_ = 0;  // words of a plane of `size_` bits
  std::vector<Word> value_masks_, value_products_;  // shares of r, of ρ∘r
  std::vector<Word> opened_values_;                 // values + r
  Comparison comparison_;
  std::vector<Word> and_masks_, and_table_;
  std::vector<Word> won_;       // shares, by exclusive or
  std::vector<Word> bit_mask_;  // of ρ, by exclusive or
  std::vector<Word> bits_;      // of the same in Z/2^64
  std::vector<Word> opened_;    // won ⊕ ρ
  std::vector<Selected> selected_;
};

}  // namespace pai::client::mpc
