#include "client/boost/label_boosting.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <numeric>
#include <utility>

#include "client/boost/core/step_bound.h"
#include "client/nn/core/figures.h"
#include "client/nn/core/metrics.h"
#include "client/nn/report_roc.h"
#include "client/nn/resumed_patience.h"

namespace pai::client::boost {

namespace {

using nn::kScoreMax;
using nn::rounded;
using nn::rounded_for_record;
using nn::shortened;

constexpr auto kReportEvery = std::chrono::milliseconds(500);
constexpr double kBaseScoreMax = 8;
/// Scores are below 128, and the log-loss of one of a row's at most 64 outputs with them.
constexpr double kLostLoss = 1e4;

}  // namespace

Result<std::unique_ptr<LabelBoosting>> LabelBoosting::begin(Context& context, const nn::Cast& cast, const BoostSettings& settings,
                                                            const nn::Plan& plan, const nn::LabelData& data) {
  auto side = std::unique_ptr<LabelBoosting>(new LabelBoosting(context, cast, settings, plan, data));
  for (const auto& labels : side->train_labels_) {
    if (settings.objective != Objective::kRegression) PAI_TRY(check_step(settings.learning_rate, labels));
  }
  const auto keep = plan.batches_done > 0 ? std::optional(plan.batches_done) : std::nullopt;
  PAI_ASSIGN(const auto before, context.reporter.start_record(data.metric_names, keep));
  side->seconds_before_ = before.seconds;
  if (settings.early_stop > 0) side->patience_before_ = nn::patience_after(before.losses, [&](double loss) { return side->as_reported(loss); });
  return side;
}

LabelBoosting::LabelBoosting(Context& context, const nn::Cast& cast, const BoostSettings& settings, const nn::Plan& plan,
                             const nn::LabelData& data)
    : context_(context), cast_(cast), settings_(settings), plan_(plan), data_(data), train_labels_(settings.outputs()) {
  for (std::size_t i = 0; i < data.train_targets.size(); ++i) train_labels_[i % train_labels_.size()].push_back(data.train_targets[i]);
}

std::vector<double> LabelBoosting::base_scores() const {
  std::vector<double> scores;
  for (const auto& labels : train_labels_) {
    const double ones = std::accumulate(labels.begin(), labels.end(), 0.0);
    const double zeros = static_cast<double>(labels.size()) - ones;
    scores.push_back(settings_.objective == Objective::kRegression ? 0 : std::clamp(std::log(ones / zeros), -kBaseScoreMax, kBaseScoreMax));
  }
  return scores;
}

Status LabelBoosting::progressed(std::uint64_t iterations) {
  const auto now = Clock::now();
  if (now - reported_ < kReportEvery) return {};
  reported_ = now;
  return report(iterations, {}, false);
}

Status LabelBoosting::evaluated(std::uint64_t iterations, nn::Outcome outcome) {
  PAI_ASSIGN(const auto evaluation, judge(outcome));
  std::vector<double> row{seconds_before_ + std::chrono::duration<double>(Clock::now() - began_).count(), static_cast<double>(iterations)};
  std::transform(evaluation.begin(), evaluation.end(), std::back_inserter(row), rounded_for_record);
  PAI_TRY(context_.reporter.record(row));
  if (data_.report_roc && !outcome.scores.empty()) {
    PAI_TRY(nn::report_roc(context_.folder, iterations, {outcome.scores, outcome.labels, settings_.outputs(), nn::ScoredRows::Scale::kLogit}));
  }

  log::Fields fields{{"trees", iterations}, {"loss", rounded(evaluation[0])}};
  for (std::size_t i = 0; i < data_.metric_names.size(); ++i) fields.emplace_back(data_.metric_names[i], rounded(evaluation[i + 1]));
  context_.reporter.note(log::Level::kInfo, "test set evaluated", std::move(fields));
  if (!std::isfinite(evaluation[0]) || evaluation[0] < -1e-2 || (settings_.objective != Objective::kRegression && evaluation[0] > kLostLoss)) {
    return Error(ErrorCode::kInvalid, "boosting diverged: the loss left the range of its numbers").with_hint("lower learning_rate");
  }
  double largest = 0;
  for (const double score : outcome.scores) largest = std::max(largest, std::abs(score));
  if (largest > kScoreMax && !warned_of_range_) {
    warned_of_range_ = true;
    context_.reporter.note(log::Level::kWarning, "scores beyond 24, where the sigmoid is no longer exact: lower learning_rate or max_iteration",
                           {{"largest", rounded(largest)}});
  }
  return report(iterations, evaluation, false);
}

/// Loss, then the metrics in the record's order.
Result<std::vector<double>> LabelBoosting::judge(const nn::Outcome& outcome) const {
  if (settings_.objective == Objective::kRegression) {
    const auto report = nn::regression_report({outcome.loss_sum, std::nullopt}, data_.test_targets, data_.scheme.deviations());
    std::vector<double> evaluation{report.mse};
    for (const auto& name : data_.metric_names) evaluation.push_back(name == "r2" ? report.r2 : report.mse);
    return evaluation;
  }
  if (settings_.evaluation() == nn::EvaluationKind::kSumOfLosses) return std::vector<double>{outcome.loss_sum / static_cast<double>(data_.test_rows)};
  const nn::ScoredRows rows{outcome.scores, outcome.labels, settings_.outputs(), nn::ScoredRows::Scale::kLogit};
  std::vector<double> evaluation{nn::loss_of(nn::Loss::kLogloss, rows)};
  PAI_ASSIGN(const auto metrics, nn::evaluate(data_.metrics, rows));
  evaluation.insert(evaluation.end(), metrics.begin(), metrics.end());
  return evaluation;
}

Status LabelBoosting::ended(std::uint64_t iterations) {
  const double seconds = std::chrono::duration<double>(Clock::now() - began_).count();
  context_.reporter.note(log::Level::kInfo, "training ended", {{"trees", iterations}, {"seconds", rounded(seconds)}});
  PAI_TRY(report(iterations, {}, true));
  if (settings_.early_stop == 0) return {};
  return context_.channel.send(cast_.dealer, v1::EndDealing());
}

double LabelBoosting::as_reported(double value) const { return settings_.objective == Objective::kRegression ? shortened(value) : rounded(value); }

Status LabelBoosting::report(std::uint64_t iterations, std::span<const double> evaluation, bool last) {
  v1::TrainingReport message;
  message.set_batches(iterations);
  for (const double value : evaluation) message.add_evaluation(as_reported(value));
  if (!evaluation.empty()) message.mutable_metrics()->Assign(data_.metric_names.begin(), data_.metric_names.end());
  message.set_last(last);
  if (patience_before_) nn::tell_patience(*std::exchange(patience_before_, std::nullopt), message);
  return context_.channel.send(cast_.main, std::move(message));
}

}  // namespace pai::client::boost
