#include "client/nn/core/metrics.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "common/base/check.h"
#include "common/base/text.h"

namespace pai::client::nn {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

std::vector<std::string_view> columns_of(Metric metric) {
  switch (metric) {
    case Metric::kAucKs:
      return {"auc", "ks"};
    case Metric::kAuc:
      return {"auc"};
    case Metric::kAcc:
      return {"acc"};
    case Metric::kLoss:
      return {};
  }
  return {};
}

void check_shape(const ScoredRows& rows) {
  PAI_CHECK(rows.outputs > 0 && rows.scores.size() % rows.outputs == 0, "whole rows of scores");
  PAI_CHECK(rows.scores.size() == rows.labels.size(), "a label for each score");
}

/// log(1 + e^x) without overflow.
double softplus(double x) {
  return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x)));
}

}  // namespace

Result<Metric> metric_from(std::string_view name) {
  for (const Metric metric : {Metric::kAucKs, Metric::kAuc, Metric::kAcc, Metric::kLoss}) {
    if (name == name_of(metric)) return metric;
  }
  return Error(ErrorCode::kInvalid,
               "metric: '" + printable(name) + R"(' is not one of "auc_ks", "auc", "acc", "loss")");
}

std::string_view name_of(Metric metric) {
  switch (metric) {
    case Metric::kAucKs:
      return "auc_ks";
    case Metric::kAuc:
      return "auc";
    case Metric::kAcc:
      return "acc";
    case Metric::kLoss:
      return "loss";
  }
  return "";
}

Result<std::vector<std::string>> metric_columns(std::span<const Metric> metrics, bool regression) {
  std::vector<std::string> names;
  if (regression) {
    for (const Metric metric : metrics) {
      if (metric == Metric::kLoss) continue;
      return Error(ErrorCode::kInvalid, "metric \"" + std::string(name_of(metric)) +
                                            "\" compares classes, and activation is \"none\": a regression")
          .with_hint(R"(a regression takes metric "loss")");
    }
    return std::vector<std::string>{"mse", "r2"};
  }
  for (const Metric metric : metrics) {
    for (const std::string_view name : columns_of(metric)) {
      if (std::find(names.begin(), names.end(), name) == names.end()) names.emplace_back(name);
    }
  }
  return names;
}

bool opens_scores(Metric metric) {
  return metric != Metric::kLoss;
}

Status check_class_rows(std::span<const double> labels, std::size_t outputs) {
  const std::size_t rows = labels.size() / outputs;
  std::vector<std::size_t> counts(outputs);
  for (std::size_t at = 0; at < labels.size(); ++at) counts[at % outputs] += labels[at] == 1;
  if (outputs == 1) counts.insert(counts.begin(), rows - counts[0]);
  for (std::size_t c = 0; c < counts.size(); ++c) {
    if (counts[c] >= kClassRowsMin) continue;
    return Error(ErrorCode::kInvalid, "AUC, KS and accuracy need at least " + std::to_string(kClassRowsMin) +
                                          " test rows of each class; class " + std::to_string(c) + " has " +
                                          (counts[c] == 0 ? "none" : "fewer"))
        .with_hint(R"(set metric to "loss", or align again with a larger test_ratio)");
  }
  return {};
}

Ranking rank_output(const ScoredRows& rows, std::size_t output) {
  check_shape(rows);
  PAI_CHECK(output < rows.outputs, "an output of the rows");
  std::vector<std::pair<double, bool>> ranked(rows.rows());
  std::uint64_t positives = 0;
  for (std::size_t i = 0; i < ranked.size(); ++i) {
    const double score = rows.scores[i * rows.outputs + output];
    ranked[i] = {std::isnan(score) ? -std::numeric_limits<double>::infinity() : score,
                 rows.labels[i * rows.outputs + output] == 1};
    positives += ranked[i].second;
  }
  const std::uint64_t negatives = ranked.size() - positives;
  if (positives == 0 || negatives == 0) return {kNan, kNan};
  std::sort(ranked.begin(), ranked.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  double wins = 0, distance = 0;
  std::uint64_t positives_below = 0, negatives_below = 0;
  for (std::size_t at = 0; at < ranked.size();) {
    std::uint64_t positives_here = 0, negatives_here = 0;
    for (const double score = ranked[at].first; at < ranked.size() && ranked[at].first == score; ++at) {
      ranked[at].second ? ++positives_here : ++negatives_here;
    }
    wins += static_cast<double>(positives_here) *
            (static_cast<double>(negatives_below) + 0.5 * static_cast<double>(negatives_here));
    positives_below += positives_here;
    negatives_below += negatives_here;
    distance =
        std::max(distance, std::abs(static_cast<double>(positives_below) / static_cast<double>(positives) -
                                    static_cast<double>(negatives_below) / static_cast<double>(negatives)));
  }
  return {wins / static_cast<double>(positives) / static_cast<double>(negatives), distance};
}

Ranking rank_macro(const ScoredRows& rows) {
  Ranking sum{0, 0};
  for (std::size_t output = 0; output < rows.outputs; ++output) {
    const Ranking one = rank_output(rows, output);
    sum.auc += one.auc;
    sum.ks += one.ks;
  }
  const auto count = static_cast<double>(rows.outputs);
  return {sum.auc / count, sum.ks / count};
}

double accuracy(const ScoredRows& rows) {
  check_shape(rows);
  const double half = rows.scale == ScoredRows::Scale::kLogit ? 0 : 0.5;
  std::size_t right = 0;
  for (std::size_t i = 0; i < rows.rows(); ++i) {
    const double* const scores = rows.scores.data() + i * rows.outputs;
    const double* const labels = rows.labels.data() + i * rows.outputs;
    if (rows.outputs == 1)
      right += (scores[0] >= half) == (labels[0] == 1);
    else
      right += labels[std::max_element(scores, scores + rows.outputs) - scores] == 1;
  }
  return static_cast<double>(right) / static_cast<double>(rows.rows());
}

double log_loss(const ScoredRows& rows) {
  check_shape(rows);
  double sum = 0;
  for (std::size_t at = 0; at < rows.scores.size(); ++at) {
    const double score = rows.scores[at], label = rows.labels[at];
    if (rows.scale == ScoredRows::Scale::kLogit) {
      sum += softplus(score) - label * score;
    } else {
      const double p = std::clamp(score, 1e-15, 1 - 1e-15);
      sum -= label * std::log(p) + (1 - label) * std::log1p(-p);
    }
  }
  return sum / static_cast<double>(rows.rows());
}

double mean_squared_error(const ScoredRows& rows) {
  check_shape(rows);
  double sum = 0;
  for (std::size_t at = 0; at < rows.scores.size(); ++at) {
    const double p =
        rows.scale == ScoredRows::Scale::kLogit ? 1 / (1 + std::exp(-rows.scores[at])) : rows.scores[at];
    sum += (p - rows.labels[at]) * (p - rows.labels[at]);
  }
  return sum / static_cast<double>(rows.scores.size());
}

double loss_of(Loss loss, const ScoredRows& rows) {
  return loss == Loss::kLogloss ? log_loss(rows) : mean_squared_error(rows);
}

Result<std::vector<double>> evaluate(std::span<const Metric> metrics, const ScoredRows& rows) {
  check_shape(rows);
  PAI_ASSIGN(const auto columns, metric_columns(metrics, false));
  if (!columns.empty()) PAI_TRY(check_class_rows(rows.labels, rows.outputs));
  std::optional<Ranking> ranking;
  std::vector<double> values;
  for (const std::string& column : columns) {
    if (column != "acc" && !ranking) ranking = rank_macro(rows);
    values.push_back(column == "auc" ? ranking->auc : column == "ks" ? ranking->ks : accuracy(rows));
  }
  return values;
}

RegressionReport regression_report(const RegressionSums& sums, std::span<const double> labels,
                                   std::span<const double> deviations) {
  const std::size_t outputs = deviations.size();
  PAI_CHECK(outputs > 0 && !labels.empty() && labels.size() % outputs == 0, "whole rows of labels");
  const auto rows = static_cast<double>(labels.size() / outputs);
  double variation = 0;
  for (std::size_t j = 0; j < outputs; ++j) {
    double mean = 0;
    for (std::size_t at = j; at < labels.size(); at += outputs) mean += labels[at] / rows;
    for (std::size_t at = j; at < labels.size(); at += outputs)
      variation += (labels[at] - mean) * (labels[at] - mean);
  }
  const double unit = outputs == 1 ? deviations[0] : 1;
  const auto count = static_cast<double>(labels.size());
  RegressionReport report;
  report.mse = sums.squared_error / count * unit * unit;
  if (sums.absolute_error) report.mae = *sums.absolute_error / count * unit;
  report.r2 = variation > 0 ? 1 - sums.squared_error / variation : kNan;
  return report;
}

}  // namespace pai::client::nn
