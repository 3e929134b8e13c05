#pragma once

#include <optional>
#include <string>
#include <vector>

#include "client/boost/boost_model.h"
#include "client/boost/core/sampling.h"
#include "integration/nn/training_run.h"

namespace pai::client::boost::test {

using nn::test::PartyData;
using nn::test::TrainingRun;

/// A boosting among these parties: real roles over memory channels.
std::unique_ptr<TrainingRun> boosting(std::vector<PartyData> parties, std::size_t test_rows, nlohmann::json config,
                                      nlohmann::json main_settings = nlohmann::json::object(), int label_place = -1);

/// All parts of the model that a run left, put together: splits from their owners, leaves opened.
struct OpenTree {
  struct Node {
    std::size_t party = 0;
    Split split;
    bool operator==(const Node&) const = default;
  };
  std::vector<Node> nodes;
  std::vector<double> leaves;
};
std::vector<OpenTree> opened_trees(const TrainingRun& run);

struct PlainSettings {
  double learning_rate = 0.1, lambda = 1, gamma = 0, child_weight_min = 0;
  std::size_t bins = 32, depth = 4;
  bool exact = false;        ///< the sigmoid and its slope themselves, as "relaxed" has them, in the place of their series
  bool squared = false;      ///< regression: labels are standardised as the label client does it
  std::size_t output = 0, outputs = 1;  ///< multi: which class against the rest
};

/// The same algorithm in double precision on the pooled table: same series of the sigmoid, bins, candidates, order of ties, base score, h + 2^-8, complete trees.
class PlainBoosting {
 public:
  /// `parties` as a TrainingRun has them, the label party last. Parties are numbered as the run's, with the label at its place.
  PlainBoosting(const std::vector<PartyData>& parties, std::size_t test_rows, const PlainSettings& settings, int label_place = -1);

  /// What this tree's best splits are.
  OpenTree best_tree(const Sample& sample = {}) const;
  /// Judges another's tree against the scores so far: empty when every node's split scores within `gain` (relative) of the best and every
  /// leaf is within `leaf` of what its rows make, else the first that doesn't.
  std::string judge(const OpenTree& tree, double gain, double leaf, const Sample& sample = {}) const;
  /// What each of a party's features gained in this tree: G²/(H+λ) of both children less the node's, of the nodes that it splits.
  std::vector<double> gains(const OpenTree& tree, std::size_t party, const Sample& sample = {}) const;
  /// The number of each row's leaf.
  std::vector<std::size_t> leaves_of_rows(const OpenTree& tree) const;
  /// Adds a tree's leaves to the scores.
  void add(const OpenTree& tree);

  std::vector<double> test_scores() const { return {scores_.begin() + static_cast<std::ptrdiff_t>(train_rows_), scores_.end()}; }
  std::vector<double> test_labels() const;
  const std::vector<double>& scores() const { return scores_; }
  std::vector<double> gradients() const;

 private:
  struct Sums {
    double g = 0, h = 0;
    double score(double lambda) const { return g * g / (h + lambda); }
  };
  double score_of(const std::vector<std::size_t>& rows, std::size_t party, const Split& split) const;
  OpenTree::Node best_split(const std::vector<std::size_t>& rows, std::size_t node, const Sample& sample, double& best) const;
  Sums sums_of(const std::vector<std::size_t>& rows) const;
  std::size_t leaf_of(const OpenTree& tree, std::size_t row) const;
  std::vector<std::vector<std::size_t>> next_rows(const std::vector<std::vector<std::size_t>>& level, const OpenTree& tree, std::size_t first) const;

  PlainSettings settings_;
  std::size_t train_rows_ = 0, rows_ = 0;
  std::vector<std::size_t> features_;                // by party
  std::vector<std::vector<std::uint8_t>> bins_;      // by party, rows × features
  std::vector<double> labels_, scores_, g_, h_;
  void refresh();
};

}  // namespace pai::client::boost::test
