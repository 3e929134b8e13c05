#include "client/boost/scores.h"

#include "client/boost/core/shape.h"
#include "client/nn/open_to_label.h"
#include "client/nn/scales.h"

namespace pai::client::boost {

namespace {
constexpr int kCutBits = kScoreScale - nn::kLogitScale;
}

void Scores::draw_shuffled(mpc::Source& source, const mpc::Group& group, std::size_t rows) {
  shuffle_.draw(source, group, rows, 2);
  draw_in_order(source, rows);
}

void Scores::draw_in_order(mpc::Source& source, std::size_t rows) { cut_.draw(source, rows, kCutBits, mpc::CutRing::kNarrow); }

Status Scores::cut(const nn::Party& party, std::vector<Word>& scores) {
  cut_.mask(scores, party.leads());
  cut_.open(party.exchange);
  PAI_TRY(party.exchange.run());
  cut_.take(scores, party.leads());
  return {};
}

Result<nn::Outcome> Scores::run_shuffled(const nn::Party& party, std::uint64_t operation, std::span<const Half> scores,
                                         std::span<const double> labels) {
  std::vector<Word> table(2 * scores.size());
  for (std::size_t i = 0; i < scores.size(); ++i) {
    table[2 * i] = scores[i];
    if (!labels.empty()) table[2 * i + 1] = static_cast<Word>(labels[i]);
  }
  PAI_TRY(shuffle_.run(party.channel, party.group, operation, table));
  std::vector<Word> shuffled(scores.size());
  for (std::size_t i = 0; i < shuffled.size(); ++i) shuffled[i] = table[2 * i];
  PAI_TRY(cut(party, shuffled));
  for (std::size_t i = 0; i < shuffled.size(); ++i) table[2 * i] = shuffled[i];
  PAI_TRY(nn::open_to_label<v1::ScoreShare>(party, operation, table));
  nn::Outcome outcome;
  if (!party.is_label()) return outcome;
  for (std::size_t i = 0; i < shuffled.size(); ++i) {
    outcome.scores.push_back(ring::decode(table[2 * i], nn::kLogitScale));
    outcome.labels.push_back(ring::decode(table[2 * i + 1], 0));
  }
  return outcome;
}

Result<std::vector<double>> Scores::run_in_order(const nn::Party& party, std::uint64_t operation, std::span<const Half> scores) {
  std::vector<Word> words(scores.begin(), scores.end());
  PAI_TRY(cut(party, words));
  PAI_TRY(nn::open_to_label<v1::PredictionShare>(party, operation, words));
  std::vector<double> opened;
  if (!party.is_label()) return opened;
  for (const auto word : words) opened.push_back(ring::decode(word, nn::kLogitScale));
  return opened;
}

}  // namespace pai::client::boost
