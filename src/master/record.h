#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "common/access/role.h"
#include "common/http/client.h"
#include "common/log/trace.h"
#include "common/task/model.h"
#include "common/task/reports.h"
#include "common/task/states.h"

namespace pai::master {

/// A task as master.db has it. `state` changes through a TaskTransition only.
struct TaskRecord {
  std::int64_t id = 0;  ///< row id; 0: not stored
  std::shared_ptr<const task::TaskSpec> spec;  ///< never null in a task that exists
  task::TaskState state = task::TaskState::kCreating;
  std::string attempt;   ///< of the creation, 128 random bits in hex
  bool decided = false;  ///< commit was decided: every node had prepared
  std::string run_id;    ///< of the latest start; empty before the first
  bool resume = false;   ///< the latest or the next start goes on from the training's checkpoint
  std::string cause;     ///< the first cause of a failure or stop
  int cause_client = -1;
  std::string created_by = {};  ///< the user's name; empty where nobody is asked for one
  double created_at = 0;  ///< Unix seconds; 0: not yet
  double started_at = 0;
  double ended_at = 0;
  log::Trace trace = {};  ///< of the request that created it or, once there was one, started it last
};

/// What a node still has to be told, kept until it confirms.
struct Intent {
  enum class Kind { kStop, kDelete, kForget };
  std::int64_t id = 0;
  Kind kind = Kind::kStop;
  std::string task_name;
  int client = 0;
  http::Endpoint node = {};
  std::string attempt = {};  ///< for kForget
  bool datasets = false;  ///< for kDelete
};

/// One line of the mapping from tasks to data files.
struct DatasetRecord {
  std::string task_name;
  task::TaskState task_state = task::TaskState::kCreated;
  int client = 0;
  std::string node;
  std::string out_data_path;
  std::vector<std::string> files;
  bool finished = false;  ///< the fields below are set
  std::uint64_t train_rows = 0;
  std::uint64_t test_rows = 0;
  std::vector<std::string> columns = {};
  std::string alignment_id = {};
};

/// A task in a list: without its document.
struct TaskSummary {
  std::string name;
  task::TaskState state = task::TaskState::kCreated;
  int client_count = 0;
  std::string cause;
  std::string created_by = {};
  double created_at = 0;
  double started_at = 0;
  double ended_at = 0;
};

/// A user with a token. A revoked one stays, so that its name says who it was.
struct UserRecord {
  std::string name;
  access::Role role = access::Role::kNone;
  std::string token_id = {};
  std::string token_hash = {};  ///< access::token_hash
  std::string created_by;  ///< empty: at the master's own machine
  double created_at = 0;   ///< of the token, Unix seconds
  double expires_at = 0;
  double revoked_at = 0;   ///< 0: not revoked
};

/// A page of a list. `state` is an exact state name or a folded one; empty: all. `search` is a part of what an entry shows
/// (tasks: name, creator, cause; data sets: task, node, path), in any case of ASCII letters; empty: all.
struct ListQuery {
  std::int64_t limit = 100;
  std::int64_t page = 1;  ///< from 1
  std::string state = {};
  std::string search = {};
};

template <class T>
struct Page {
  std::int64_t total = 0;
  std::vector<T> items = {};
};

/// A stored task with everything that belongs to it.
struct StoredTask {
  TaskRecord record;
  std::vector<task::ClientStatus> clients;  ///< one per client of the spec, in order
  std::vector<Intent> intents;
};

}  // namespace pai::master
