#pragma once

#include <span>
#include <vector>

#include "client/boost/core/shape.h"
#include "client/mpc/bit_planes.h"
#include "client/mpc/one_use.h"
#include "client/mpc/source.h"
#include "client/nn/party.h"
#include "client/ring/narrow_product.h"

namespace pai::client::boost {

using ring::Half;
using ring::Word;

/// Which rows go where in one complete tree, as bits shared by exclusive or: nobody learns any. Training rows come first, then test rows.
///
/// Node j of a level holds the rows with I_j = 1. Its owner alone knows s_j, whether a row would go right; I_right = I_j ∧ s_j, I_left =
/// I_j ⊕ I_right. Each factor is opened once under uniform bits: ŝ = s ⊕ ρ_s, Î = I ⊕ μ (the root is public: Î = 1, μ = 0; a left child's Î and
/// μ are those of its parent and its sibling together), and the dealer shares μ ∧ ρ_s. The bits μ of a right child are shared in Z/2^32
/// too, with which I∘x for shared x under an opened mask a is
///
///   I∘x = Î∘x + (1 − 2Î)∘[μ x],   [μ x] = (x − a)∘[μ] + [μ a]
///
/// That gives the gradients of right children, and at the end each row's leaf: its value is that of the leftmost leaf, and for every node where
/// it went right the difference of the two children's leftmost leaves more.
class TreePaths {
 public:
  explicit TreePaths(const Shape& shape);

  /// The dealer's masks a of the gradients g and h, for `draw_level`; nothing elsewhere, and where no gradients are wanted.
  struct GradientMasks {
    std::vector<Half> g, h;
  };

  /// Of one level's splits; with gradients (training, all levels but the last) `masks` is not null.
  void draw_level(mpc::Source& source, std::size_t level, const GradientMasks* masks);
  /// `goes_right` has this party's own bits, node after node, plane_words(rows) each: s of the nodes that it owns, zeros of the others. Two rounds.
  Status run_level(const nn::Party& party, std::size_t level, std::span<const Word> goes_right);
  /// After it: the gradients of node `node`'s right child. `opened` is x − a of g (or h), `share` of x.
  void right_gradients(std::size_t level, std::size_t node, bool of_h, std::span<const Word> opened, std::span<const Half> share,
                       std::span<Half> result) const;

  void draw_values(mpc::Source& source);
  /// scores += the value of each row's leaf; `leaves` are shares modulo 2^32. One round.
  Status run_values(const nn::Party& party, std::span<const Word> leaves, std::span<Half> scores);

  std::size_t plane() const { return plane_; }

 private:
  struct Node {
    std::vector<Word> opened;      // Î of the right child
    std::vector<Word> mask;        // μ of it
    std::vector<Half> mask_words;  // shares of μ in Z/2^32
    std::vector<Half> by_g, by_h;  // of μ a, training rows
  };
  /// A node's rows as the next level takes them.
  struct Rows {
    std::vector<Word> opened, mask;
  };
  Node& right_of(std::size_t level, std::size_t node) { return nodes_[(std::size_t{1} << level) - 1 + node]; }
  const Node& right_of(std::size_t level, std::size_t node) const { return nodes_[(std::size_t{1} << level) - 1 + node]; }
  template <class Value>
  void draw_halves(mpc::Source& source, std::size_t size, const Value& value, std::vector<Half>& halves);

  const Shape& shape_;
  std::size_t plane_;
  mpc::OneUse level_use_, values_use_;
  std::vector<Node> nodes_;          // level by level
  std::vector<Rows> rows_;           // of the level at hand
  std::vector<Rows> next_;           // the dealer's masks of the level that follows
  std::vector<Word> split_masks_;    // ρ_s
  std::vector<Word> products_;       // μ ∧ ρ_s
  std::vector<Word> value_masks_;    // of the differences
  std::vector<std::vector<Half>> value_products_;
};

}  // namespace pai::client::boost
