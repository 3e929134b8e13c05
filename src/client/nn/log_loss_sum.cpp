#include "client/nn/log_loss_sum.h"

#include <vector>

#include "client/nn/scales.h"
#include "client/nn/sigmoid_shares.h"
#include "client/ring/words.h"

namespace pai::client::nn {

using ring::Word;

static_assert(LogLossSum::kScale == ring::kSigmoidScale, "the waves' sums are at this scale");

namespace {

/// The log-loss of one value is softplus(z) − y z, and softplus is the integral of σ: z/2 + log 2 + Σ (c_j/ω_j)(1 − cos ω_j z).
struct SoftplusSeries {
  double constant = 0;
  std::vector<double> cosines;

  SoftplusSeries() {
    const auto& sigmoid = SigmoidSeries::plain();
    constant = 0.69314718055994531;
    for (std::size_t j = 0; j < sigmoid.values.size(); ++j) {
      // slopes are c ω, so c/ω = c²/(c ω); a coefficient of zero adds nothing.
      const double factor = sigmoid.values[j] == 0 ? 0 : sigmoid.values[j] * sigmoid.values[j] / sigmoid.slopes[j];
      constant += factor;
      cosines.push_back(-factor);
    }
  }
};

}  // namespace

void LogLossSum::draw(mpc::Source& source, std::size_t size, int z_scale, mpc::CutRing ring) {
  waves_.draw(source, size, z_scale, kHarmonics);
  cut_.draw(source, size, z_scale - kErrorScale, ring);
  z_.draw(source, size);
  y_.draw(source, size);
  product_.draw(source, {mpc::SharedProduct::Kind::kInner}, z_, y_);
}

Result<Word> LogLossSum::run(const Party& party, std::span<const Word> z, std::span<const double> targets) {
  waves_.mask(z);
  waves_.open(party.exchange);
  cut_.mask(z, party.leads());
  cut_.open(party.exchange);
  PAI_TRY(party.exchange.run());
  static const SoftplusSeries kSeries;
  std::vector<Word> waves(z.size()), short_z(z.size()), y(z.size());
  waves_.take({}, kSeries.cosines, {}, waves);
  cut_.take(short_z, party.leads());

  for (std::size_t i = 0; i < targets.size(); ++i) y[i] = static_cast<Word>(targets[i]);
  z_.mask(short_z);
  y_.mask(y);
  z_.open(party.exchange);
  y_.open(party.exchange);
  PAI_TRY(party.exchange.run());
  Word product = 0;
  product_.take(z_, y_, {&product, 1});

  Word sum = 0;
  for (std::size_t i = 0; i < z.size(); ++i) sum += waves[i] + (short_z[i] << (kScale - kErrorScale - 1));  // z/2
  sum -= product << (kScale - kErrorScale);
  if (party.leads()) sum += z.size() * ring::encode(kSeries.constant, kScale);
  return sum;
}

}  // namespace pai::client::nn
