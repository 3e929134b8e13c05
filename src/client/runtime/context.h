#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "client/channel/channel.h"
#include "common/base/result.h"
#include "common/io/files.h"
#include "common/task/reports.h"
#include "common/task/task_file.h"

namespace pai::client {

/// Takes a role's progress: to state.json, the log, and whoever asks. Thread-safe and cheap: call `advance` per block, not per row.
class Reporter {
 public:
  virtual ~Reporter() = default;
  /// A new phase begins; logged at info level and written at once.
  virtual void phase(std::string_view name, std::uint64_t total, std::string_view unit) = 0;
  /// The total became known, or better known.
  virtual void set_total(std::uint64_t total) = 0;
  virtual void advance(std::uint64_t by) = 0;
  /// What the role leaves; part of the final report.
  virtual void set_dataset(task::DatasetSummary dataset) = 0;
};

/// What a role works with. Everything outlives the role's run.
struct Context {
  const task::TaskFile& task;
  Channel& channel;
  Reporter& reporter;
  const io::Root& raw;       ///< what raw_data_path is relative to
  const io::Root& datasets;  ///< what out_data_path is relative to; staging folders live in its `.staging/`
};

/// A role: the whole conversation of one party, top to bottom. The error's `blames` names the peer at fault, if one is.
using Role = Status (*)(Context&);

}  // namespace pai::client
