#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/io/files.h"
#include "common/task/reports.h"
#include "common/task/task_file.h"
#include "node/record.h"
#include "node/settings.h"

namespace pai::node {

/// The folders that this node keeps, and what lies in them. Thread-safe: names differ by client.
class Folders {
 public:
  /// Opens all, missing ones made with mode 0700. kInvalid when staging and tasks are on different file
  /// systems.
  static Result<Folders> open(const Settings& settings);

  const io::Root& raw() const { return raw_; }
  const io::Root& datasets() const { return datasets_; }
  const io::Root& tasks() const { return tasks_; }
  const io::Root& staging() const { return staging_; }

  /// Writes `staging/<client>/task.json` anew. It is not waited for the disk: node.db has all of it, and recovery writes
  /// anew what the disk lost.
  Status stage(const ClientKey& key, const task::TaskFile& file) const;
  /// Whether `tasks/<client>/task.json` is there and has come to the disk.
  bool has_task_file(const ClientKey& key) const;
  /// Moves the staged folder into `tasks/`. Done already is fine.
  Status commit(const ClientKey& key) const;
  /// Replaces `tasks/<client>/task.json` and removes the state of an earlier run; and, unless the file says that it is
  /// resumed, what that run left of a training: checkpoint, model, record, predictions.
  Status begin_run(const ClientKey& key, const task::TaskFile& file) const;
  /// Copies the client's ledger of disclosures, if it has one, to `<data_dir>/ledgers/`: it outlives the task. Again is fine.
  Status keep_ledger(const ClientKey& key) const;
  /// Removes what there is of the client in `staging/` and `tasks/`.
  Status remove(const ClientKey& key) const;
  Status remove_staged(const ClientKey& key) const;
  /// Removes what an ended client left in `datasets/.staging/`.
  Status remove_output_staging(const ClientKey& key) const;

  /// The client's own account, if it is readable and of this run. Unreadable: an error for the log.
  Result<std::optional<task::ClientReport>> report(const ClientKey& key, const std::string& run_id) const;
  /// The role that the client's task.json in `tasks/` gives it; nothing when that can't be told.
  std::optional<task::Role> role_of(const ClientKey& key) const;
  /// The process that the folder's state.json names, whatever the run.
  std::optional<task::ProcessIdentity> reported_process(const std::string& folder) const;

  std::filesystem::path task_folder(const ClientKey& key) const { return tasks_.path() / key.folder(); }
  std::filesystem::path log_file(const ClientKey& key) const { return task_folder(key) / "log.txt"; }

  /// Names of the folders in `tasks/` and in `staging/`.
  Result<std::set<std::string>> task_folders() const;
  Result<std::set<std::string>> staged_folders() const;
  /// Names of the folders in `datasets/.staging/`.
  Result<std::set<std::string>> output_stagings() const;
  /// Whether the client's folder in `tasks/` or `staging/` is one that a node made: it is empty, holds but a
  /// task.json that was being written, or holds a task.json of this client.
  static bool is_ours(const io::Root& root, const ClientKey& key);
  /// Nothing there is fine.
  Status remove_task_folder(const std::string& folder) const { return tasks_.remove_tree(folder); }
  Status remove_staged_folder(const std::string& folder) const { return staging_.remove_tree(folder); }
  /// Moves a folder of `tasks/` back to `staging/`: a commit that was not recorded.
  Status uncommit(const ClientKey& key) const;

 private:
  Folders(io::Root raw, io::Root datasets, io::Root tasks, io::Root staging, io::Root ledgers)
      : raw_(std::move(raw)),
        datasets_(std::move(datasets)),
        tasks_(std::move(tasks)),
        staging_(std::move(staging)),
        ledgers_(std::move(ledgers)) {}
  io::Root raw_, datasets_, tasks_, staging_, ledgers_;
};

/// The client whose folder has this name, if it is a name that we give.
std::optional<ClientKey> key_of_folder(const std::string& folder);

/// Where a client builds its data set before it publishes it, relative to the data-set root.
std::string output_staging_path(const ClientKey& key);
inline constexpr std::string_view kOutputStaging = ".staging";

}  // namespace pai::node
