#pragma once

#include <span>
#include <vector>

#include "client/boost/core/sampling.h"
#include "client/boost/core/shape.h"
#include "client/mpc/sigmoid.h"
#include "client/mpc/truncation.h"
#include "client/nn/party.h"
#include "client/ring/narrow_product.h"

namespace pai::client::boost {

using ring::Half;
using ring::Word;

/// Log-loss: g = σ(f) − y and h = σ′(f) + 2^-8 of the training rows, for shared scores f (Z/2^32, scale 24) and the label client's y: P3, then both cut
/// to Scales::gradient. Squared error: g = f − y, cut, and h = 1, which is public. Rows that a tree's sample leaves out get zeros. One use a draw; two rounds, or one.
class Gradients {
 public:
  Gradients(const Scales& scales, bool squared) : scales_(scales), squared_(squared) {}

  void draw(mpc::Source& source, std::size_t rows);
  /// `labels` are 0 and 1, or standardised numbers, at the label client, elsewhere empty.
  Status run(const nn::Party& party, std::span<const Half> scores, std::span<const double> labels, const Sample& sample,
             std::vector<Half>& g, std::vector<Half>& h);

 private:
  Status squared(const nn::Party& party, std::span<const Half> scores, std::span<const double> labels, std::vector<Half>& g,
                 std::vector<Half>& h);

  Scales scales_;
  bool squared_;
  mpc::Waves waves_;
  mpc::Truncation cut_g_, cut_h_;
};

}  // namespace pai::client::boost
