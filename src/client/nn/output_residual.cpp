#include "client/nn/output_residual.h"

#include <cmath>

#include "client/nn/scales.h"
#include "client/ring/words.h"

namespace pai::client::nn {

namespace {

/// Bits of the public factor where it multiplies z itself: z at scale 36 leaves |z| < 2^14.
constexpr int kLinearFactorScale = 12;

Word half(double factor) { return ring::encode(factor / 2, ring::kSigmoidScale); }

}  // namespace

OutputResidual::OutputResidual(Loss loss, OutputActivation activation, double factor)
    : kind_(activation == OutputActivation::kNone ? Kind::kLinear
            : loss == Loss::kMse                  ? Kind::kSquaredSigmoid
                                                  : Kind::kLogistic),
      factor_(factor),
      series_(SigmoidSeries::scaled(factor)) {}

int OutputResidual::scale() const { return kind_ == Kind::kLinear ? kErrorScale : kDeltaScale; }

void OutputResidual::draw(mpc::Source& source, std::size_t size, int z_scale) {
  z_scale_ = z_scale;
  switch (kind_) {
    case Kind::kLinear:
      linear_cut_.draw(source, size, z_scale + kLinearFactorScale - kErrorScale);
      return;
    case Kind::kLogistic:
      waves_.draw(source, size, z_scale, kHarmonics);
      return;
    case Kind::kSquaredSigmoid:
      waves_.draw(source, size, z_scale, kHarmonics, kWaveBits);
      value_.draw(source, size, ring::kSigmoidScale - kErrorScale, mpc::CutRing::kNarrow);
      slope_.draw(source, size, ring::kSigmoidScale - kSlopeScale, mpc::CutRing::kNarrow);
      product_.draw(source, value_, slope_);
      return;
  }
}

Status OutputResidual::run(const Party& party, std::span<const Word> z, std::span<const double> targets,
                           std::vector<Word>& residual) {
  residual.resize(z.size());
  switch (kind_) {
    case Kind::kLinear:
      return linear(party, z, targets, residual);
    case Kind::kLogistic:
      return logistic(party, z, targets, residual);
    case Kind::kSquaredSigmoid:
      PAI_TRY(logistic(party, z, targets, residual));
      return times_slope(party, residual);
  }
  PAI_CHECK(false, "a residual outside the enumeration");
}

/// σ − y at scale 28, and σ′ where the squared loss needs it: both from one opening.
Status OutputResidual::logistic(const Party& party, std::span<const Word> z, std::span<const double> targets,
                                std::vector<Word>& residual) {
  waves_.mask(z);
  waves_.open(party.exchange);
  PAI_TRY(party.exchange.run());
  const bool squared = kind_ == Kind::kSquaredSigmoid;
  slope_words_.resize(squared ? z.size() : 0);
  waves_.take(series_.values, squared ? std::span<const double>(series_.slopes) : std::span<const double>(), residual,
              slope_words_);
  if (party.leads()) {
    for (auto& word : residual) word += half(factor_);
  }
  for (std::size_t i = 0; i < targets.size(); ++i) {
    residual[i] -= ring::encode(factor_ * targets[i], ring::kSigmoidScale);
  }
  return {};
}

Status OutputResidual::times_slope(const Party& party, std::vector<Word>& residual) {
  value_.mask(residual, party.leads());
  slope_.mask(slope_words_, party.leads());
  value_.open(party.exchange);
  slope_.open(party.exchange);
  PAI_TRY(party.exchange.run());
  value_.take(party.leads());
  slope_.take(party.leads());
  product_.take(value_, slope_, residual);
  return {};
}

Status OutputResidual::linear(const Party& party, std::span<const Word> z, std::span<const double> targets,
                              std::vector<Word>& residual) {
  std::copy(z.begin(), z.end(), residual.begin());
  for (std::size_t i = 0; i < targets.size(); ++i) residual[i] -= ring::encode(targets[i], z_scale_);
  const Word factor = ring::encode(factor_, kLinearFactorScale);
  for (auto& word : residual) word *= factor;
  linear_cut_.mask(residual, party.leads());
  linear_cut_.open(party.exchange);
  PAI_TRY(party.exchange.run());
  linear_cut_.take(residual, party.leads());
  return {};
}

}  // namespace pai::client::nn
