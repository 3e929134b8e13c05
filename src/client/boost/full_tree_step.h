#pragma once

#include <optional>
#include <span>
#include <vector>

#include "client/boost/gain_sums.h"
#include "client/boost/gradients.h"
#include "client/boost/histograms.h"
#include "client/boost/split_search.h"
#include "client/boost/tree_paths.h"
#include "client/boost/tree_step.h"

namespace pai::client::boost {

/// A tree of which nothing is opened but who owns each split, and each split to its owner. The whole conversation about it:
///
///   gradients (P3, two cuts); then for each level: the level's gradient columns are opened under V, and give histograms; both sides of all
///   candidates are cut to Z/2^64, divided, compared; the owners' bits split the rows, and these the gradients of the next level's right
///   children (left ones are the rest of their parent's). At last the scores of all rows take their leaf's value.
class FullTreeStep final : public TreeStep {
 public:
  FullTreeStep(const Shape& shape, const BoostSettings& settings, const MaskedBins& masked, std::span<const std::uint8_t> bins, int self);

  std::size_t operations() const override { return 2 + shape_.depth * (search_.operations() + 1); }
  void draw(mpc::Source& source, std::size_t operation, const Sample& sample) override;
  Status run(const nn::Party& party, std::size_t operation, std::uint64_t number, const Sample& sample, std::span<const double> labels,
             std::span<Half> scores) override;
  const Tree& tree() const override { return tree_; }
  void add_gains(std::span<Word> sums) const override { gain_sums_->add_to(sums); }

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
  const bool wants_gains_;
  const std::span<const std::uint8_t> bins_;
  const int self_;
  std::uint64_t owners_ = 0;  // bit p for party p
  Gradients gradients_;
  Histograms histograms_;
  SplitSearch search_;
  TreePaths paths_;
  TreePaths::GradientMasks masks_;  // the dealer's
  mpc::Truncation leaf_cut_;
  std::optional<GainSums> gain_sums_;
  std::vector<Half> g_, h_;
  std::vector<Word> opened_g_, opened_h_;
  std::vector<std::vector<Half>> sums_;  // histograms of the columns just opened
  std::vector<NodeSums> nodes_;          // of the level at hand
  std::vector<Word> leaf_sums_;
  std::vector<Word> gains_;  // of all nodes, where they are wanted
  Tree tree_;
};

}  // namespace pai::client::boost
