#pragma once

#include <cstddef>

#include "client/nn/core/metrics.h"
#include "common/task/roc.h"

namespace pai::client::nn {

/// So many rows of a class stand behind each step of a reported curve, along either axis: none says where a single row ranks.
inline constexpr std::size_t kRocRowsPerStep = 10;

/// The ROC curve of one output, its class against the rest, made coarse: `fpr` in steps of 1/m with m = 100 or, where fewer rows are in the
/// rest, a tenth of them; `tpr` linear between the curve's corners (tied scores are one corner) and rounded to 1/1000 or, where fewer
/// rows are in the class, ten over their number. The classes have 20 rows each at least (check_class_rows).
task::RocCurve coarse_roc(const ScoredRows& rows, std::size_t output);

}  // namespace pai::client::nn
