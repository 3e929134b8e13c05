#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "common/http/message.h"
#include "common/task/reports.h"

namespace pai::master {

/// What a node answers of a test record.
struct RecordAnswer {
  std::vector<std::string> columns;
  std::uint64_t first = 0;  ///< number of the first row here, from 0
  std::uint64_t total = 0;  ///< rows that the record has
  std::vector<std::vector<double>> rows;
};

/// Nothing unless it is well-formed: each row as long as there are columns.
std::optional<RecordAnswer> record_in(const nlohmann::json& document);

/// Somebody who watches a task.
struct Watcher {
  std::shared_ptr<http::EventStream> stream;
  std::uint64_t rows_sent = 0;  ///< of the present run's test record
};

/// The test record of a task's present run, as far as it was needed for those who watch: they get each row
/// once. A status brings the last row alone; what is missing before it is fetched from the node. Guarded by
/// the task's mutex.
class RecordFeed {
 public:
  /// Another run: what is known of the former one is none of it.
  void begin(const std::string& run_id);
  const std::string& run_id() const { return run_id_; }

  /// Takes the last row of a status over when nothing is missing before it. True when rows are missing
  /// afterwards.
  bool take(const task::RecordSummary& summary);
  /// Takes rows over that a node answered, the first of them number `first`. Rows that are known are passed
  /// over.
  void take(std::vector<std::string> columns, std::uint64_t first, std::vector<std::vector<double>> rows);
  /// Number of the first row that is not known.
  std::uint64_t next() const { return first_ + rows_.size(); }

  /// Sends what the watcher does not have, in `record` events with their columns, the number of the first row
  /// and the rows.
  void send(Watcher& watcher) const;
  /// Rows that a watcher has who says that this was the last event it saw: 0 for another run's.
  std::uint64_t rows_seen(std::string_view last_event_id) const;

  /// A fetch is under way.
  bool fetching = false;
  /// The last fetch failed: the end of the task is not held up for another one.
  bool failed = false;

 private:
  std::string run_id_;
  std::vector<std::string> columns_;
  std::uint64_t first_ = 0;  ///< number of rows_[0]
  std::vector<std::vector<double>> rows_;
};

}  // namespace pai::master
