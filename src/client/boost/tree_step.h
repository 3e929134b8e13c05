#pragma once

#include <span>
#include <vector>

#include "client/boost/boost_settings.h"
#include "client/boost/gradients.h"
#include "client/boost/histograms.h"
#include "client/boost/split_search.h"
#include "client/boost/tree_paths.h"

namespace pai::client::boost {

/// A party's part of one tree. Nodes level by level: the root, its left and right child, and so on.
struct Tree {
  std::vector<std::size_t> owners;  ///< of each node: a party
  std::vector<Split> splits;        ///< of each node that this party owns
  std::vector<Word> leaves;         ///< shares of the leaves' values, from left to right, at kWeightScale

  bool operator==(const Tree&) const = default;
};

/// This party's own bits of one level's nodes for all rows: who of them would go right.
std::vector<Word> own_bits(const Shape& shape, std::span<const std::size_t> owners, std::span<const Split> splits, std::size_t party,
                           std::span<const std::uint8_t> bins, std::size_t features);

/// One tree of training after the other, as operations of the dealer's randomness: each drawn at the data clients and at the dealer alike,
/// then run at the data clients. The whole conversation about a tree:
///
///   gradients (P3, two cuts); then for each level: the level's gradient columns are opened under V, and give histograms; both sides of all
///   candidates are cut to Z/2^64, divided, compared; the owners' bits split the rows, and these the gradients of the next level's right
///   children (left ones are the rest of their parent's). At last the scores of all rows take their leaf's value.
class TreeStep {
 public:
  /// `bins`: this party's own of the training rows and the test rows; empty where it has none. Everything outlives this.
  TreeStep(const Shape& shape, const BoostSettings& settings, const MaskedBins& masked, std::span<const std::uint8_t> bins, int self);

  std::size_t operations() const { return 2 + shape_.depth * (search_.operations() + 1); }
  /// `sample` is the same for all operations of a tree.
  void draw(mpc::Source& source, std::size_t operation, const Sample& sample);
  /// `number` is the operation's at the source. `labels` are the label client's; `scores` of all rows are there after the last operation.
  Status run(const nn::Party& party, std::size_t operation, std::uint64_t number, const Sample& sample, std::span<const double> labels,
             std::span<Half> scores);
  /// After the last operation.
  const Tree& tree() const { return tree_; }

 private:
  struct Place {
    std::size_t level, step;
  };
  Place place(std::size_t operation) const { return {(operation - 1) / (search_.operations() + 1), (operation - 1) % (search_.operations() + 1)}; }
  bool is_last(std::size_t operation) const { return operation + 1 == operations(); }

  void draw_start(mpc::Source& source, const Sample& sample);
  Status start(const nn::Party& party, const Sample& sample, std::span<const double> labels, std::span<const Half> scores);
  Status open_columns(const nn::Party& party, std::size_t level, const Sample& sample, const std::vector<std::vector<Half>>& columns);
  void take_level(std::size_t level, const std::vector<std::vector<Half>>& columns);
  Status split(const nn::Party& party, std::size_t level, const Sample& sample);
  Status finish(const nn::Party& party, std::span<Half> scores);

  const Shape& shape_;
  const double learning_rate_;
  const std::span<const std::uint8_t> bins_;
  const int self_;
  Gradients gradients_;
  Histograms histograms_;
  SplitSearch search_;
  TreePaths paths_;
  TreePaths::GradientMasks masks_;  // the dealer's
  mpc::Truncation leaf_cut_;
  std::vector<Half> g_, h_;
  std::vector<Word> opened_g_, opened_h_;
  std::vector<std::vector<Half>> sums_;  // histograms of the columns just opened
  std::vector<NodeSums> nodes_;          // of the level at hand
  std::vector<Word> leaf_sums_;
  Tree tree_;
};

}  // namespace pai::client::boost
