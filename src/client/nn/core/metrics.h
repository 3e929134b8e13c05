#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "client/nn/core/settings.h"
#include "common/base/result.h"

namespace pai::client::nn {

/// `metric` of the label client.
enum class Metric { kAucKs, kAuc, kAcc, kLoss };
Result<Metric> metric_from(std::string_view name);
std::string_view name_of(Metric metric);

/// Names of the columns of record.csv after `time,n_batches,loss`: "auc", "ks", "acc", each once, in the
/// order asked for; `loss` adds none. A regression has "mse" and "r2" (see RegressionReport), and every
/// metric but `loss` is refused (kInvalid), for it ranks classes.
Result<std::vector<std::string>> metric_columns(std::span<const Metric> metrics, bool regression);
/// Whether a metric needs the shuffled (score, label) pairs to be opened to the label client.
bool opens_scores(Metric metric);

inline constexpr std::size_t kClassRowsMin = 20;  ///< protocols.md section 8

/// Scores and labels of the same rows, in any order of rows: rows × outputs, row-major. Labels are 0 and 1. A
/// score that is NaN ranks below all.
struct ScoredRows {
  enum class Scale { kProbability, kLogit };
  std::span<const double> scores;
  std::span<const double> labels;
  std::size_t outputs = 1;
  Scale scale = Scale::kLogit;

  std::size_t rows() const { return scores.size() / outputs; }
};

/// kInvalid with a sentence when a class (0 or 1, or one of the C) has fewer than 20 test rows: what ranks
/// them would say too much about single rows.
Status check_class_rows(std::span<const double> labels, std::size_t outputs);

struct Ranking {
  double auc;  ///< area under the ROC curve, ties counted half (average ranks)
  double ks;   ///< Kolmogorov–Smirnov: the largest distance of the two classes' distribution functions
};
/// Of one output, its class against the rest. Both are NaN when there is no row of the class, or no other.
Ranking rank_output(const ScoredRows& rows, std::size_t output);
/// Means over the outputs; one output: its own.
Ranking rank_macro(const ScoredRows& rows);

/// Share of rows that are right: probability ≥ 0.5 for one output, else the (first) largest output.
double accuracy(const ScoredRows& rows);
/// −Σ (y log p + (1−y) log(1−p)) over the outputs, mean over the rows; finite for any logit, probabilities
/// are held off 0 and 1 by 1e-15.
double log_loss(const ScoredRows& rows);
/// Mean of (p − y)² over rows and outputs.
double mean_squared_error(const ScoredRows& rows);
double loss_of(Loss loss, const ScoredRows& rows);

/// The values for record.csv, in the order of metric_columns(). kInvalid by check_class_rows when a metric
/// opens scores.
Result<std::vector<double>> evaluate(std::span<const Metric> metrics, const ScoredRows& rows);

/// What a regression opens over the test rows, in standardised units.
struct RegressionSums {
  double squared_error = 0;              ///< Σ (z − y)² over rows and outputs
  std::optional<double> absolute_error;  ///< Σ |z − y|, where the protocol opens it
};
struct RegressionReport {
  double mse = 0;  ///< mean over rows and outputs: in the label's own units when there is one output
  std::optional<double> mae;  ///< likewise
  double r2 = 0;  ///< 1 − Σ(z − y)² / Σ(y − ȳ)²; NaN when all test labels of each output are equal
};
/// `labels`: the label client's standardised test labels, rows × outputs, at least one row. `deviations`: of
/// each output. With several outputs the units stay the standardised ones, for their own do not add up.
RegressionReport regression_report(const RegressionSums& sums, std::span<const double> labels,
                                   std::span<const double> deviations);

}  // namespace pai::client::nn
