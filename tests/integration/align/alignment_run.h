#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "client/channel/memory_channel.h"
#include "client/runtime/context.h"
#include "support/temp_folder.h"

namespace pai::client::align::test {

/// Keeps what a role reports.
class RecordingReporter : public Reporter {
 public:
  struct Phase {
    std::string name, unit;
    std::uint64_t total = 0, done = 0;
  };
  void phase(std::string_view name, std::uint64_t total, std::string_view unit) override;
  void set_total(std::uint64_t total) override;
  void advance(std::uint64_t by) override;
  void set_dataset(task::DatasetSummary dataset) override;

  std::vector<Phase> phases() const;
  std::optional<task::DatasetSummary> dataset() const;

 private:
  mutable std::mutex mutex_;
  std::vector<Phase> phases_;
  std::optional<task::DatasetSummary> dataset_;
};

/// One data party of a test.
struct Party {
  std::string csv;
  nlohmann::json settings = nlohmann::json::object();  ///< beside raw_data_path and out_data_path
  std::uint64_t min_intersection = 1;
  std::uint64_t memory_bytes_max = std::uint64_t{1} << 30;
};

/// An alignment of client 0 (main) and data clients 1..N in this process: real roles, real files, memory
/// channels.
class AlignmentRun {
 public:
  explicit AlignmentRun(std::vector<Party> parties, nlohmann::json main_settings = nlohmann::json::object(),
                        bool label = true);

  /// Runs all roles to their ends. Client `skipped`'s place is taken by `instead`, when given.
  void run(int skipped = -1, const std::function<Status(Context&)>& instead = {});

  MemoryNetwork network;  ///< may be changed before `run`
  std::string task_name = "align_test";

  bool ok() const;
  const Status& status(int client) const { return statuses_.at(static_cast<std::size_t>(client)); }
  /// What client said, or "".
  std::string message(int client) const {
    return status(client).ok() ? "" : status(client).error().describe();
  }
  const RecordingReporter& reporter(int client) const {
    return *reporters_.at(static_cast<std::size_t>(client));
  }
  std::filesystem::path raw(int client) const { return node(client) / "raw" / "table.csv"; }
  std::filesystem::path datasets(int client) const { return node(client) / "datasets"; }
  std::filesystem::path out(int client) const { return datasets(client) / "out"; }
  std::string file(int client, const std::string& name) const;
  /// Lines of a file.
  std::vector<std::string> lines(int client, const std::string& name) const;
  /// Everything that was sent, as bytes.
  const std::string& wire() const { return wire_; }
  bool staging_is_empty(int client) const;
  int clients() const { return static_cast<int>(parties_.size()) + 1; }

 private:
  std::filesystem::path node(int client) const { return folder_ / std::to_string(client); }
  task::TaskFile task_file(int client) const;

  pai::test::TempFolder folder_;
  std::vector<Party> parties_;
  nlohmann::json main_settings_;
  bool label_;
  std::vector<Status> statuses_;
  std::vector<std::unique_ptr<RecordingReporter>> reporters_;
  std::mutex wire_mutex_;
  std::string wire_;
};

/// For a data client that is going to misbehave: agrees on the key as it should.
Status speak_until_key(Context& context);
/// Likewise: agrees on the key as it should, then declares `rows` rows.
Status speak_until_declared(Context& context, std::uint64_t rows);

/// A table with a header and the rows.
std::string table(const std::string& header, const std::vector<std::string>& rows,
                  const std::string& line_end = "\n");

}  // namespace pai::client::align::test
