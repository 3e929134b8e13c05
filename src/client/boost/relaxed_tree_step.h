#pragma once

#include <span>
#include <vector>

#include "client/boost/histograms.h"
#include "client/boost/plain_splits.h"
#include "client/boost/tree_paths.h"
#include "client/boost/tree_step.h"

namespace pai::client::boost {

/// A tree at security "relaxed". The label client knows the training rows' scores and, node by node, who of them is where, so it has their
/// gradients in the clear; it alone. The whole conversation about a tree, level by level:
///
///   label → features   MaskedGradients: the columns of g and h of the level's new nodes under masks of the label client's own seed
///   features → label   HistogramShare: shares of their sums over every bin, which it adds up and chooses the splits by
///   label → features   ChosenSplits: who owns each node; the (feature, bin) to its owner
///   features → label   PartitionBits: which training rows go right, of the owned nodes
///
/// Test rows go their way on shares as at "full" (TreePaths), so that their scores are opened as there, shuffled or not at all. Of leaves the
/// label client has the values, and the others zeros for shares.
class RelaxedTreeStep final : public TreeStep {
 public:
  RelaxedTreeStep(const Shape& shape, const BoostSettings& settings, const MaskedBins& masked, std::span<const std::uint8_t> bins, int self);

  std::size_t operations() const override { return 2 + shape_.depth; }
  void draw(mpc::Source& source, std::size_t operation, const Sample& sample) override;
  Status run(const nn::Party& party, std::size_t operation, std::uint64_t number, const Sample& sample, std::span<const double> labels,
             std::span<Half> scores) override;
  const Tree& tree() const override { return tree_; }
  void add_gains(std::span<Word> sums) const override;
  std::size_t hops() const override { return 4 * shape_.depth; }

 private:
  /// Who takes part, at a data client.
  struct Talk {
    const nn::Party& party;
    std::uint64_t number;
    const Sample& sample;
  };
  bool is_label() const { return static_cast<std::size_t>(self_) == label_; }
  bool has_tests() const { return tests_.test_rows > 0; }

  void find_gradients(const Sample& sample, std::span<const double> labels, std::span<const Half> scores);
  Status sum_columns(const Talk& talk, std::size_t level);
  std::vector<Half> column(std::size_t level, std::size_t index) const;
  Status show_histograms(const Talk& talk, std::size_t columns);
  void take_level(std::size_t level);
  Status choose(const Talk& talk, std::size_t level);
  Status take_choice(const Talk& talk, std::size_t level);
  Status split_rows(const Talk& talk, std::size_t level);
  Status split_tests(const Talk& talk, std::size_t level);
  Status finish(const Talk& talk, std::span<Half> scores);

  const Shape& shape_;
  const BoostSettings& settings_;
  const Shape tests_;  // of the test rows alone
  const std::size_t label_;
  const std::span<const std::uint8_t> bins_;
  const int self_;
  const Scales scales_;
  Histograms histograms_;
  PlainSplits search_;
  TreePaths paths_;
  std::vector<std::size_t> owners_;  // of the level at hand
  std::vector<Split> splits_;
  Tree tree_;
  // The label client's:
  std::vector<double> g_, h_;             // of the training rows; zeros outside the sample
  std::vector<Half> g_words_, h_words_;   // the same at Scales::gradient
  std::vector<std::uint8_t> node_;        // of each training row, in the level at hand
  std::vector<std::vector<Half>> sums_;   // over each bin, of the columns just shown; elsewhere shares
  std::vector<std::vector<Half>> g_sums_, h_sums_;  // by node: over each bin, and last over all rows
  std::vector<double> gains_;             // by feature of all parties
};

}  // namespace pai::client::boost
