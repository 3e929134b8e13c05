#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "common/base/result.h"
#include "common/store/database.h"
#include "master/record.h"

namespace pai::master {

/// What is written together with a transition.
struct StoredChange {
  std::vector<task::ClientStatus> clients = {};  ///< replaced
  std::vector<Intent> add_intents = {};
  bool drop_stop_intents = false;
  bool reset_datasets = false;  ///< what the former run produced is no result any more
  store::Durable durable = store::Durable::kOnReturn;
};

/// master.db: the only file with SQL. Writes return when they are durable; any thread may call. Finished tasks stay on
/// disk: nothing here reads all of them.
class Store {
 public:
  /// Asked before every write with what is to be written; an error makes the write fail with it. Tests use it to
  /// die at each write.
  using Gate = std::function<Status(std::string_view what)>;

  static Result<std::unique_ptr<Store>> open(const std::filesystem::path& file, Gate gate = {});

  /// Stores a new task in state Creating with its clients and the names of the files it will produce. Sets `record.id`.
  /// kConflict when the name is taken. Durable soon, at the latest with the decision: should the machine lose this row with
  /// its power, no commit was sent, and the nodes' preparations expire.
  Status insert(TaskRecord& record, std::span<const task::ClientStatus> clients, std::span<const DatasetRecord> datasets);

  /// Remembers that every node prepared and commit will be sent (or, with false, that it is taken back).
  Status set_decided(const TaskRecord& record, bool decided);

  /// Remembers whether the next start goes on from a checkpoint; nothing else changes.
  Status set_resume(const TaskRecord& record, bool resume);

  using Change = StoredChange;
  /// Writes the transition with the record's other fields. kInternal when the stored state is not the transition's.
  Status save(const TaskRecord& record, const task::TaskTransition& transition, const Change& change = {});

  /// Writes what changed of some clients, without a transition of the task; with data sets of those that have one.
  Status save_clients(const TaskRecord& record, std::span<const task::ClientStatus> clients);

  /// Forgets the task and its stop and delete intents; `keep` is added, for nodes that still have to be told.
  Status remove(const TaskRecord& record, std::span<const Intent> keep = {});

  Status add_intents(std::span<const Intent> intents);
  Status remove_intents(std::span<const std::int64_t> ids);

  Result<std::optional<StoredTask>> find(const std::string& name);
  /// Names of tasks in states where something is under way: Creating, Starting, Running, Stopping, Deleting.
  Result<std::vector<std::string>> unfinished();
  Result<std::vector<Intent>> intents();
  /// The stop and delete intents of one task.
  Result<std::vector<Intent>> intents_of(const std::string& task_name);

  Result<Page<TaskSummary>> list_tasks(const ListQuery& query);
  Result<Page<DatasetRecord>> list_datasets(const ListQuery& query);
  Result<std::vector<DatasetRecord>> datasets_of(const std::string& task_name);
  /// Every node that a task has ever named.
  Result<std::vector<http::Endpoint>> nodes();
  Result<std::vector<UserRecord>> users();
  /// Adds the user, or replaces the one of this name.
  Status put_user(const UserRecord& user);
  /// Tasks by exact state name and family name.
  Result<std::map<std::pair<std::string, std::string>, std::int64_t>> counts();
  /// Orders that nodes did not confirm yet.
  Result<std::int64_t> intent_count();
  /// That a write would be durable now.
  Status probe();

 private:
  Store(std::unique_ptr<store::Database> database, Gate gate);
  Status write(std::string_view what, std::function<Status(store::Connection&)> work,
               store::Durable durable = store::Durable::kOnReturn);

  std::unique_ptr<store::Database> database_;
  Gate gate_;
};

}  // namespace pai::master
