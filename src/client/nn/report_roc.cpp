#include "client/nn/report_roc.h"

#include <algorithm>

#include "client/nn/core/roc.h"

namespace pai::client::nn {

Status report_roc(const io::Root& folder, std::uint64_t batches, const ScoredRows& rows) {
  task::RocReport report{batches, {}};
  const auto curves = std::min(rows.outputs, task::kRocCurvesMax);
  for (std::size_t output = 0; output < curves; ++output) report.curves.push_back(coarse_roc(rows, output));
  // The next evaluation writes it anew: none waits for the disk.
  return folder.write_atomically(task::kRocFileName, task::to_json(report).dump() + "\n", /*durable=*/false);
}

}  // namespace pai::client::nn
