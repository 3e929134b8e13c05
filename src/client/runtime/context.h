#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "client/channel/channel.h"
#include "common/base/result.h"
#include "common/io/files.h"
#include "common/log/log.h"
#include "common/task/reports.h"
#include "common/task/task_file.h"

namespace pai::client {

/// What a record has of an earlier run.
struct RecordBefore {
  double seconds = 0;          ///< of its last row, 0 without one
  std::vector<double> losses;  ///< a row each, in order; as they were recorded
};

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

  /// Batches of training done, over all runs that it was resumed in. Cheap enough for every batch.
  virtual void set_batches(std::uint64_t) {}
  /// Begins the test record (record.csv in the task directory) with the columns time, n_batches, loss and these metrics; the
  /// one of an earlier run is gone, except that with `keep_until` its rows of at most that many batches (the checkpoint's)
  /// stay. Returns what stayed: a resumed record goes on from there.
  virtual Result<RecordBefore> start_record(std::vector<std::string> metrics, std::optional<std::uint64_t> keep_until = std::nullopt) {
    (void)metrics, (void)keep_until;
    return RecordBefore{};
  }
  /// A row of the record: seconds, batches, loss, then a value a metric (NaN: it has none). After `start_record`, from one thread.
  virtual Status record(std::span<const double>) { return {}; }
  /// An event for the log, of a role: `loss rose` with its keys. Task and client are added. Never data, a key or a share.
  virtual void note(log::Level, std::string_view, log::Fields = {}) {}
};

/// What a role works with. Everything outlives the role's run.
struct Context {
  const task::TaskFile& task;
  Channel& channel;
  Reporter& reporter;
  const io::Root& raw;       ///< what raw_data_path is relative to
  const io::Root& datasets;  ///< what out_data_path and data_path are relative to; staging folders live in its `.staging/`
  const io::Root& folder;    ///< the task directory: model/, checkpoint/, predictions.csv; kept over a resume

  /// This start goes on from the last common checkpoint, if there is one; decided by the node, not by the peers.
  bool resume() const { return task.node.resume; }
};

/// A role: the whole conversation of one party, top to bottom. The error's `blames` names the peer at fault, if one is.
using Role = Status (*)(Context&);

}  // namespace pai::client
