#pragma once

#include <span>

#include "client/mpc/shared_product.h"
#include "client/mpc/sigmoid.h"
#include "client/mpc/truncation.h"
#include "client/nn/party.h"

namespace pai::client::nn {

/// Σ softplus(z) − y z of shared logits z and the label client's y (0 or 1), which is their log-loss; one use, two rounds: the angles and z cut to
/// 16 bits; both factors of y z under masks. Right where the series of σ is, for |z| ≤ 24.
class LogLossSum {
 public:
  static constexpr int kScale = 28;  ///< fractional bits of the sum

  /// `ring`: that z comes in.
  void draw(mpc::Source& source, std::size_t size, int z_scale, mpc::CutRing ring);
  /// `targets` at the label client, elsewhere empty. This party's share.
  Result<ring::Word> run(const Party& party, std::span<const ring::Word> z, std::span<const double> targets);

 private:
  mpc::Waves waves_;
  mpc::Truncation cut_;
  mpc::MaskedTensor z_, y_;
  mpc::SharedProduct product_;
};

}  // namespace pai::client::nn
