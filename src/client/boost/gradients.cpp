#include "client/boost/gradients.h"

#include "client/nn/scales.h"
#include "client/nn/sigmoid_shares.h"
#include "client/ring/words.h"

namespace pai::client::boost {

namespace {

void keep_sample(const Sample& sample, std::vector<Half>& words) {
  if (sample.rows.empty()) return;
  std::vector<Half> kept(words.size());
  for (const auto row : sample.rows) kept[row] = words[row];
  words = std::move(kept);
}

}  // namespace

void Gradients::draw(mpc::Source& source, std::size_t rows) {
  if (squared_) return cut_g_.draw(source, rows, kScoreScale - scales_.gradient, mpc::CutRing::kNarrow);
  const int bits = ring::kSigmoidScale - scales_.gradient;
  waves_.draw(source, rows, kScoreScale, nn::kHarmonics, nn::kWaveBits);
  cut_g_.draw(source, rows, bits, mpc::CutRing::kNarrow);
  cut_h_.draw(source, rows, bits, mpc::CutRing::kNarrow);
}

Status Gradients::run(const nn::Party& party, std::span<const Half> scores, std::span<const double> labels, const Sample& sample,
                      std::vector<Half>& g, std::vector<Half>& h) {
  const auto rows = scores.size();
  if (squared_) {
    PAI_TRY(squared(party, scores, labels, g, h));
    keep_sample(sample, g);
    keep_sample(sample, h);
    return {};
  }
  std::vector<Word> angles(scores.begin(), scores.end()), values(rows), slopes(rows);
  waves_.mask(angles);
  waves_.open(party.exchange);
  PAI_TRY(party.exchange.run());
  const auto& series = nn::SigmoidSeries::plain();
  waves_.take(series.values, series.slopes, values, slopes);
  if (party.leads()) {
    constexpr Word kHalf = Word{1} << (ring::kSigmoidScale - 1), kFloor = Word{1} << (ring::kSigmoidScale - kHessianFloorBits);
    for (auto& word : values) word += kHalf;
    for (auto& word : slopes) word += kFloor;
  }
  for (std::size_t i = 0; i < labels.size(); ++i) values[i] -= ring::encode(labels[i], ring::kSigmoidScale);
  cut_g_.mask(values, party.leads());
  cut_h_.mask(slopes, party.leads());
  cut_g_.open(party.exchange);
  cut_h_.open(party.exchange);
  PAI_TRY(party.exchange.run());
  cut_g_.take(values, party.leads());
  cut_h_.take(slopes, party.leads());
  g.assign(values.begin(), values.end());
  h.assign(slopes.begin(), slopes.end());
  keep_sample(sample, g);
  keep_sample(sample, h);
  return {};
}

Status Gradients::squared(const nn::Party& party, std::span<const Half> scores, std::span<const double> labels, std::vector<Half>& g,
                          std::vector<Half>& h) {
  std::vector<Word> values(scores.begin(), scores.end());
  for (std::size_t i = 0; i < labels.size(); ++i) values[i] -= ring::encode(labels[i], kScoreScale);
  cut_g_.mask(values, party.leads());
  cut_g_.open(party.exchange);
  PAI_TRY(party.exchange.run());
  cut_g_.take(values, party.leads());
  g.assign(values.begin(), values.end());
  h.assign(scores.size(), party.leads() ? Half{1} << scales_.gradient : 0);
  return {};
}

}  // namespace pai::client::boost
