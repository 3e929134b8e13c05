#pragma once

#include <cstdint>

#include "client/nn/core/metrics.h"
#include "common/io/files.h"

namespace pai::client::nn {

/// Writes the ROC curves of an evaluation into the task directory, in place of those of the one before. More outputs than a report
/// takes: the first.
Status report_roc(const io::Root& folder, std::uint64_t batches, const ScoredRows& rows);

}  // namespace pai::client::nn
