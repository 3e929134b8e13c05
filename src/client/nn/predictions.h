#pragma once

#include <span>

#include "client/nn/core/labels.h"
#include "client/nn/core/settings.h"
#include "client/nn/data/read_table.h"
#include "common/io/files.h"

namespace pai::client::nn {

/// Writes predictions.csv into the task's folder, 0600: the ID columns, then `score` (one output), `score_0`… and `class` (several), or
/// `prediction`… in the label's own units (regression). `scores` are logits or standardised numbers, rows × outputs.
Status write_predictions(const io::Root& folder, const RowIds& ids, const LabelScheme& scheme, std::span<const double> scores);

}  // namespace pai::client::nn
