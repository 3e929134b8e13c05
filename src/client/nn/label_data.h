#pragma once

#include <string>
#include <vector>

#include "client/nn/core/labels.h"
#include "client/nn/core/metrics.h"
#include "client/nn/training_settings.h"
#include "client/runtime/context.h"

namespace pai::client::nn {

/// The label client's labels as targets, and how it evaluates.
struct LabelData {
  std::string alignment_id;  ///< lower-case hex
  LabelScheme scheme;
  std::vector<Metric> metrics;
  std::vector<std::string> metric_names;  ///< columns of the record after the loss
  std::uint64_t train_rows = 0, test_rows = 0;
  std::vector<double> train_targets, test_targets;  ///< rows × outputs
  bool report_roc = false;  ///< evaluations leave a coarse ROC curve

  /// Whether evaluations need the shuffled scores.
  bool wants_scores() const;
};

/// Reads the label columns (all of the data set's). Errors name file, line and column: what LabelScheme refuses, metrics that do not fit the
/// labels, a class of fewer than 20 test rows where scores are ranked.
Result<LabelData> read_labels(Context& context, const TrainingSettings& settings, const DataSettings& own);

}  // namespace pai::client::nn
