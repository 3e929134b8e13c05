#pragma once

#include <memory>
#include <span>
#include <vector>

#include "client/boost/boost_settings.h"
#include "client/boost/core/sampling.h"
#include "client/boost/masked_bins.h"
#include "client/boost/tree.h"
#include "client/nn/party.h"

namespace pai::client::boost {

using ring::Half;

/// One tree of training after the other, as operations of the dealer's randomness: each drawn at the data clients and at the dealer alike,
/// then run at the data clients. A class a level of security.
class TreeStep {
 public:
  virtual ~TreeStep() = default;

  virtual std::size_t operations() const = 0;
  /// `sample` is the same for all operations of a tree.
  virtual void draw(mpc::Source& source, std::size_t operation, const Sample& sample) = 0;
  /// `number` is the operation's at the source. `labels` are the label client's; `scores`, shares of all rows', are there after the last operation.
  virtual Status run(const nn::Party& party, std::size_t operation, std::uint64_t number, const Sample& sample, std::span<const double> labels,
                     std::span<Half> scores) = 0;
  /// After the last operation.
  virtual const Tree& tree() const = 0;
  /// After the last operation, where the settings want gains: adds shares of what this tree's splits gained by each feature of every party, at
  /// kGainScale.
  virtual void add_gains(std::span<Word> sums) const = 0;
  /// Messages of a tree that wait for one another, beside the exchanges of openings.
  virtual std::size_t hops() const { return 0; }
};

/// Of the settings' level. `bins`: this party's own of the training rows and the test rows; empty where it has none. `self` is −1 at the
/// dealer. Everything outlives the step.
std::unique_ptr<TreeStep> make_tree_step(const Shape& shape, const BoostSettings& settings, const MaskedBins& masked,
                                         std::span<const std::uint8_t> bins, int self);

}  // namespace pai::client::boost
