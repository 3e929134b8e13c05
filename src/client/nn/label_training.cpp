#include "client/nn/label_training.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <utility>

#include "client/nn/core/figures.h"
#include "client/nn/core/metrics.h"
#include "client/nn/report_roc.h"
#include "client/nn/resumed_patience.h"

namespace pai::client::nn {

namespace {

constexpr auto kReportEvery = std::chrono::milliseconds(500);
/// Beyond these a training has lost its way, and its numbers may have left the ring.
constexpr double kLostScore = 1 << 20;
constexpr double kLostLoss = 1e6;
constexpr double kLostSquare = 1e3;  // of standardised numbers, on average

Error diverged() {
  return Error(ErrorCode::kInvalid, "training diverged: the loss left the range of its numbers").with_hint("lower learning_rate");
}

}  // namespace

LabelTraining::LabelTraining(Context& context, const Cast& cast, const TrainingParts& parts, const LabelData& data)
    : context_(context), cast_(cast), parts_(parts), data_(data) {
  if (parts.settings.split) top_ = std::make_unique<TopNetwork>(parts.terms.shape, parts.terms.rule, parts.settings.seed);
}

Result<std::unique_ptr<LabelTraining>> LabelTraining::begin(Context& context, const Cast& cast, const TrainingParts& parts,
                                                            const LabelData& data) {
  auto side = std::unique_ptr<LabelTraining>(new LabelTraining(context, cast, parts, data));
  const auto keep = parts.plan.batches_done > 0 ? std::optional(parts.plan.batches_done) : std::nullopt;
  PAI_ASSIGN(const auto before, context.reporter.start_record(data.metric_names, keep));
  side->seconds_before_ = before.seconds;
  if (parts.settings.early_stop > 0) side->patience_before_ = patience_after(before.losses, [&](double loss) { return side->as_reported(loss); });
  return side;
}

std::span<const double> LabelTraining::targets_of(std::span<const std::uint32_t> rows) {
  const auto outputs = data_.scheme.outputs();
  targets_.resize(rows.size() * outputs);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    std::copy_n(data_.train_targets.begin() + static_cast<std::ptrdiff_t>(rows[i] * outputs), outputs,
                targets_.begin() + static_cast<std::ptrdiff_t>(i * outputs));
  }
  return targets_;
}

Status LabelTraining::progressed(std::uint64_t batches) {
  const auto now = Clock::now();
  if (now - reported_ < kReportEvery) return {};
  reported_ = now;
  return report(batches, {}, false);
}

Status LabelTraining::evaluated(std::uint64_t batches, Outcome outcome) {
  PAI_ASSIGN(const auto evaluation, judge(outcome));
  const double loss = evaluation[0];
  PAI_TRY(check_range(outcome, loss));
  std::vector<double> row{seconds_before_ + std::chrono::duration<double>(Clock::now() - began_).count(),
                          static_cast<double>(batches)};
  std::transform(evaluation.begin(), evaluation.end(), std::back_inserter(row), rounded_for_record);
  PAI_TRY(context_.reporter.record(row));
  if (data_.report_roc && !outcome.scores.empty() && !data_.scheme.is_regression()) {
    PAI_TRY(report_roc(context_.folder, batches, {outcome.scores, outcome.labels, data_.scheme.outputs(), ScoredRows::Scale::kLogit}));
  }

  log::Fields fields{{"batches", batches}, {"loss", rounded(loss)}};
  for (std::size_t i = 0; i < data_.metric_names.size(); ++i) fields.emplace_back(data_.metric_names[i], rounded(evaluation[i + 1]));
  context_.reporter.note(log::Level::kInfo, "test set evaluated", std::move(fields));
  if (has_loss_ && loss > last_loss_) {
    context_.reporter.note(log::Level::kWarning, "loss rose: training may be past its best, or learning_rate too high",
                           {{"batches", batches}, {"loss", rounded(loss)}, {"before", rounded(last_loss_)}});
  }
  has_loss_ = true;
  last_loss_ = loss;
  return report(batches, evaluation, false);
}

/// Loss, then the metrics in the record's order.
Result<std::vector<double>> LabelTraining::judge(const Outcome& outcome) {
  if (data_.scheme.is_regression()) return judge_regression(outcome);
  const auto outputs = data_.scheme.outputs();
  std::vector<double> evaluation;
  if (outcome.scores.empty()) {
    const double terms = static_cast<double>(data_.test_rows) *
                         (parts_.plan.loss == Loss::kMse ? static_cast<double>(outputs) : 1.0);
    evaluation.push_back(outcome.loss_sum / terms);
    return evaluation;
  }
  const ScoredRows rows{outcome.scores, outcome.labels, outputs, ScoredRows::Scale::kLogit};
  evaluation.push_back(loss_of(parts_.plan.loss, rows));
  PAI_ASSIGN(const auto metrics, nn::evaluate(data_.metrics, rows));
  evaluation.insert(evaluation.end(), metrics.begin(), metrics.end());
  return evaluation;
}

std::vector<double> LabelTraining::judge_regression(const Outcome& outcome) {
  RegressionSums sums{outcome.loss_sum, std::nullopt};
  for (std::size_t i = 0; i < outcome.scores.size(); ++i) {
    const double difference = outcome.scores[i] - outcome.labels[i];
    sums.squared_error += difference * difference;
  }
  const auto report = regression_report(sums, data_.test_targets, data_.scheme.deviations());
  std::vector<double> evaluation{report.mse};
  for (const auto& name : data_.metric_names) {
    evaluation.push_back(name == "mse"  ? report.mse
                         : name == "r2" ? report.r2
                                        : report.mae.value_or(std::nan("")));
  }
  return evaluation;
}

/// Numbers that left the ring make the sum a random word: SumOfLosses leaves such room that one below the bound comes hardly ever.
Status LabelTraining::check_squares(double sum, std::size_t targets) const {
  const double mean = sum / static_cast<double>(targets);
  return mean > -1e-2 && mean < kLostSquare ? Status() : diverged();
}

Status LabelTraining::checked(const Outcome& outcome) { return check_squares(outcome.loss_sum, data_.train_targets.size()); }

Status LabelTraining::check_range(const Outcome& outcome, double loss) {
  double largest = 0;
  for (const double score : outcome.scores) largest = std::max(largest, std::abs(score));
  if (!std::isfinite(loss) || largest > kLostScore) return diverged();
  if (data_.scheme.is_regression()) return check_squares(outcome.loss_sum, data_.test_targets.size());
  if (loss < -1e-2 || loss > kLostLoss) return diverged();
  if (largest > kScoreMax && !parts_.settings.split && !warned_of_range_) {
    warned_of_range_ = true;
    context_.reporter.note(log::Level::kWarning,
                           "scores beyond 24, where the sigmoid is no longer exact: raise l2 or lower learning_rate",
                           {{"largest", rounded(largest)}});
  }
  return {};
}

Status LabelTraining::ended(std::uint64_t batches) {
  const double seconds = std::chrono::duration<double>(Clock::now() - began_).count();
  const auto here = batches - parts_.plan.batches_done;
  context_.reporter.note(log::Level::kInfo, "training ended",
                         {{"batches", batches},
                          {"seconds", rounded(seconds)},
                          {"batches_per_second", rounded(static_cast<double>(here) / std::max(seconds, 1e-9))}});
  PAI_TRY(report(batches, {}, true));
  if (parts_.settings.early_stop == 0) return {};
  return context_.channel.send(cast_.dealer, v1::EndDealing());
}

double LabelTraining::as_reported(double value) const { return data_.scheme.is_regression() ? shortened(value) : rounded(value); }

Status LabelTraining::report(std::uint64_t batches, std::span<const double> evaluation, bool last) {
  v1::TrainingReport message;
  message.set_batches(batches);
  for (const double value : evaluation) message.add_evaluation(as_reported(value));
  if (!evaluation.empty()) message.mutable_metrics()->Assign(data_.metric_names.begin(), data_.metric_names.end());
  message.set_last(last);
  if (patience_before_) tell_patience(*std::exchange(patience_before_, std::nullopt), message);
  return context_.channel.send(cast_.main, std::move(message));
}

}  // namespace pai::client::nn
