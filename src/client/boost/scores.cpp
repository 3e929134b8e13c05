#include "client/boost/scores.h"

#include "client/boost/core/shape.h"
#include "client/nn/open_to_label.h"
#include "client/nn/scales.h"

namespace pai::client::boost {

namespace {

using Outputs = std::vector<std::span<const Half>>;

constexpr mpc::SharedProduct::Kind kInner = mpc::SharedProduct::Kind::kInner;

/// Of a sum of squares.
constexpr int kSquareScale = 2 * nn::kErrorScale;

}  // namespace

std::vector<Word> Scores::row_by_row(const Outputs& scores) {
  std::vector<Word> words;
  for (std::size_t i = 0; i < scores.front().size(); ++i) {
    for (const auto& output : scores) words.push_back(output[i]);
  }
  return words;
}

void Scores::draw_cut(mpc::Source& source, std::size_t size, int scale) {
  scale_ = scale;
  cut_.draw(source, size, kScoreScale - scale, mpc::CutRing::kNarrow);
}

Status Scores::cut(const nn::Party& party, std::vector<Word>& scores) {
  cut_.mask(scores, party.leads());
  cut_.open(party.exchange);
  PAI_TRY(party.exchange.run());
  cut_.take(scores, party.leads());
  return {};
}

void Scores::draw_shuffled(mpc::Source& source, const mpc::Group& group, std::size_t rows, std::size_t outputs) {
  shuffle_.draw(source, group, rows, 2 * outputs);
  draw_cut(source, rows * outputs, nn::kLogitScale);
}

Result<nn::Outcome> Scores::run_shuffled(const nn::Party& party, std::uint64_t operation, const Outputs& scores,
                                         std::span<const double> labels) {
  const auto outputs = scores.size();
  auto words = row_by_row(scores);
  // A row has its scores, then its labels, which only the label client adds.
  const auto place = [&](std::size_t i) { return i / outputs * 2 * outputs + i % outputs; };
  std::vector<Word> table(2 * words.size());
  for (std::size_t i = 0; i < words.size(); ++i) {
    table[place(i)] = words[i];
    if (!labels.empty()) table[place(i) + outputs] = static_cast<Word>(labels[i]);
  }
  PAI_TRY(shuffle_.run(party.channel, party.group, operation, table));
  for (std::size_t i = 0; i < words.size(); ++i) words[i] = table[place(i)];
  PAI_TRY(cut(party, words));
  for (std::size_t i = 0; i < words.size(); ++i) table[place(i)] = words[i];
  PAI_TRY(nn::open_to_label<v1::ScoreShare>(party, operation, table));
  nn::Outcome outcome;
  if (!party.is_label()) return outcome;
  for (std::size_t i = 0; i < words.size(); ++i) {
    outcome.scores.push_back(ring::decode(table[place(i)], scale_));
    outcome.labels.push_back(ring::decode(table[place(i) + outputs], 0));
  }
  return outcome;
}

void Scores::draw_squares(mpc::Source& source, std::size_t values) {
  draw_cut(source, values, nn::kErrorScale);
  errors_.draw(source, values);
  squares_.draw(source, {.kind = kInner, .m = values}, errors_, errors_);
}

Status Scores::run_squares(const nn::Party& party, std::span<const Word> scores, std::span<const double> labels) {
  std::vector<Word> errors(scores.begin(), scores.end());
  for (std::size_t i = 0; i < labels.size(); ++i) errors[i] -= ring::encode(labels[i], kScoreScale);
  PAI_TRY(cut(party, errors));
  errors_.mask(errors);
  errors_.open(party.exchange);
  PAI_TRY(party.exchange.run());
  Word part = 0;
  squares_.take(errors_, errors_, {&part, 1});
  sum_ += part;
  return {};
}

void Scores::draw_log_losses(mpc::Source& source, std::size_t values) {
  log_losses_.draw(source, values, kScoreScale, mpc::CutRing::kNarrow);
}

Status Scores::run_log_losses(const nn::Party& party, std::span<const Word> scores, std::span<const double> labels) {
  PAI_ASSIGN(const Word part, log_losses_.run(party, scores, labels));
  sum_ += part;
  return {};
}

void Scores::draw_sum(mpc::Source& source, bool squared) {
  cut_.draw(source, 1, (squared ? kSquareScale : nn::LogLossSum::kScale) - nn::kLogitScale);
}

Result<nn::Outcome> Scores::run_sum(const nn::Party& party, std::uint64_t operation) {
  std::vector<Word> sum{sum_};
  PAI_TRY(cut(party, sum));
  PAI_TRY(nn::open_to_label<v1::LossShare>(party, operation, sum));
  nn::Outcome outcome;
  if (party.is_label()) outcome.loss_sum = ring::decode(sum[0], nn::kLogitScale);
  return outcome;
}

void Scores::draw_in_order(mpc::Source& source, std::size_t rows, std::size_t outputs, bool numbers) {
  draw_cut(source, rows * outputs, numbers ? nn::kErrorScale : nn::kLogitScale);
}

Result<std::vector<double>> Scores::run_in_order(const nn::Party& party, std::uint64_t operation, const Outputs& scores) {
  auto words = row_by_row(scores);
  PAI_TRY(cut(party, words));
  PAI_TRY(nn::open_to_label<v1::PredictionShare>(party, operation, words));
  std::vector<double> opened;
  if (!party.is_label()) return opened;
  for (const auto word : words) opened.push_back(ring::decode(word, scale_));
  return opened;
}

}  // namespace pai::client::boost
