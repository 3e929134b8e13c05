#pragma once

#include <optional>
#include <vector>

#include "client/boost/core/bins.h"
#include "client/boost/core/sampling.h"
#include "client/boost/core/shape.h"
#include "client/mpc/contest.h"
#include "client/mpc/cut_product.h"
#include "client/mpc/gate.h"
#include "client/mpc/one_use.h"
#include "client/mpc/reciprocal.h"
#include "client/nn/party.h"
#include "client/ring/narrow_product.h"

namespace pai::client::boost {

using ring::Half;
using ring::Word;

/// Shares, in Z/2^32 at Scales::gradient, of a node's sums of g and h: over each column of every party, and over all rows.
struct NodeSums {
  std::vector<Half> g, h;
  Half total_g = 0, total_h = 0;
};

/// Finds each node's best split on shares: G²/(H+λ) of both sides for every feature, threshold and direction of missing values, then the
/// largest by contests, within a party first, then between parties. Beside them stands "all rows left", with what the node itself scores and
/// γ and a tie's worth more, so that a split has to be better than none; it is a candidate of feature client number (node mod their count). So
/// where all are worth the same, as at a node without rows, the public number of the node says who wins. With a least weight of children, the sums of h of both sides are compared with it while they are divided by, and a candidate with a lighter one scores nothing.
///
/// Opened: to all which party owns each winner; to that owner which of its candidates it is, from shares that a fresh sharing of zero was
/// added to; all else is under masks of its own (CutTensor, Reciprocal, Gate, Contest).
class SplitSearch {
 public:
  SplitSearch(const Shape& shape, const Scales& scales, double lambda, double gamma, double child_weight_min);

  /// Of one level, each an operation of the dealer's randomness.
  std::size_t operations() const { return 2; }
  void draw(mpc::Source& source, std::size_t operation, std::size_t level, const Sample& sample);
  Status run(const nn::Party& party, std::size_t operation, std::uint64_t number, std::size_t level, const Sample& sample,
             const std::vector<NodeSums>& nodes);

  /// By node, after the last operation: the owner, and at it the split.
  const std::vector<std::size_t>& owners() const { return winners_; }
  const std::vector<Split>& splits() const { return splits_; }
  /// Shares of what each node's winner scores above the node itself, at score_scale(); of "all rows left" they are the bonus.
  const std::vector<Word>& gains() const { return gains_; }
  int score_scale() const { return kWeightScale + scales_.sum; }
  /// After the last level: shares of G/(H+λ) of both children of each node, at kWeightScale.
  const std::vector<Word>& leaf_sums() const { return leaf_sums_; }

 private:
  /// One list a node and owner, one after the other.
  struct Lists {
    std::vector<std::size_t> sizes;
    std::size_t total = 0;
  };
  Lists lists_of(std::size_t level, const Sample& sample) const;
  std::size_t null_owner(std::size_t node) const { return owners_[node % owners_.size()]; }
  bool is_null(std::size_t list) const { return null_owner(list / owners_.size()) == owners_[list % owners_.size()]; }
  bool is_last(std::size_t level) const { return level + 1 == shape_.depth; }

  void draw_scores(mpc::Source& source, std::size_t level);
  void gather(const Sample& sample, const std::vector<NodeSums>& nodes, bool leads);
  Status divide(const nn::Party& party);
  Status scores(const nn::Party& party, std::vector<Word>& scores);
  Status drop_light(const nn::Party& party, std::vector<Word>& scores);
  Status contests(const nn::Party& party, std::size_t level, std::vector<Word> scores);
  Status tell_owners(const nn::Party& party, std::uint64_t number, const Sample& sample);
  std::optional<Split> candidate(std::size_t node, std::size_t owner, Word index, const Sample& sample) const;

  const Shape& shape_;
  Scales scales_;
  Word lambda_, null_bonus_;
  Word child_weight_min_;  // λ and the least weight, at Scales::gradient; 0: none
  mpc::ReciprocalPlan plan_;
  std::vector<std::size_t> owners_;  // parties with features
  Lists lists_;                      // of the level at hand
  std::vector<Word> g_words_, h_words_;  // left sides of all candidates, then right sides
  mpc::CutTensor g_, weight_;
  std::optional<mpc::Reciprocal> reciprocal_;
  mpc::CutElements weight_product_, score_product_;
  mpc::Gate gate_;
  std::vector<mpc::Contest> stages_;
  mpc::Contest between_owners_;
  std::vector<Word> zeros_;  // shares of zero, by node
  mpc::OneUse zeros_use_;
  std::vector<Word> node_scores_;  // shares, by node
  // Results:
  std::vector<Word> indices_;  // shares of the winning candidate of each list
  std::vector<std::size_t> winners_;
  std::vector<Split> splits_;
  std::vector<Word> gains_;
  std::vector<Word> leaf_sums_;
};

}  // namespace pai::client::boost
