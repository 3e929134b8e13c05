#pragma once

#include <span>
#include <vector>

#include "client/boost/tree.h"
#include "client/mpc/shared_product.h"
#include "client/mpc/truncation.h"
#include "client/nn/party.h"

namespace pai::client::boost {

/// Fractional bits of gains that are summed over trees.
inline constexpr int kGainScale = 16;

/// What one tree's splits gained, summed by feature, on shares: nobody learns what a single split gained, and the owner of a feature its sum
/// over all trees alone (BoostSession opens that at the end). For gains x of the nodes and S, features × nodes, with a one where the feature splits the node,
/// of which each owner has the rows of its own features, it is S·x: x is cut (P2), then S and x are opened under uniform words of their own,
/// and the dealer shares the product of these (Beaver). A use a draw; goes along in two rounds of something else.
class GainSums {
 public:
  /// `scale`: of the gains that come.
  GainSums(const Shape& shape, int scale) : shape_(shape), scale_(scale) {}

  void draw(mpc::Source& source);
  /// `gains`: shares, by node, below 2^62 in magnitude.
  void open_gains(const nn::Party& party, std::span<const Word> gains);
  /// In the round after.
  void open_products(const nn::Party& party, const Tree& tree);
  /// After that.
  void take();
  /// Adds this party's shares, by feature of the first party, the second and so on.
  void add_to(std::span<Word> sums) const;

 private:
  std::size_t nodes() const { return shape_.leaves() - 1; }

  const Shape& shape_;
  int scale_;
  mpc::Truncation cut_;
  mpc::MaskedTensor splits_, gains_;
  mpc::SharedProduct product_;
  std::vector<Word> sums_;
};

}  // namespace pai::client::boost
