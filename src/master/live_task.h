#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "master/places.h"
#include "master/record.h"
#include "master/record_feed.h"
#include "master/replies.h"

namespace pai::master {

/// One task in memory: while something is under way, or somebody looks at it. What is stored is the truth; this is a copy
/// that is changed after the store was.
struct LiveTask {
  explicit LiveTask(std::string task_name) : name(std::move(task_name)) {}

  const std::string name;

  /// Guards everything but the inbox. Held during writes to the store, never during calls to nodes.
  std::mutex mutex;
  std::condition_variable changed;

  bool exists = false;
  TaskRecord record;
  std::vector<task::ClientStatus> clients;  ///< in order of their ids
  std::vector<http::Endpoint> nodes;        ///< likewise
  std::vector<Intent> intents;              ///< stop and delete intents that no node has confirmed yet
  std::vector<std::optional<double>> ended_seen_at;  ///< per client, steady seconds

  bool busy = false;            ///< one create, start, stop, delete or retry at a time
  nlohmann::json creating;      ///< the document of a create that holds `busy`; else null
  bool starting_calls = false;  ///< start calls are under way: only a failure may be concluded yet
  bool stop_round = false;      ///< stop calls are under way
  bool followed = false;        ///< its nodes' events are wanted
  Places places;                ///< what a start waits for
  std::shared_ptr<Replies> start_replies;  ///< of those calls
  double starting_since = 0;    ///< steady seconds
  std::optional<double> look_again_at;  ///< a timer is set for then
  std::vector<Watcher> watchers;
  RecordFeed record_feed;  ///< for them

  /// Statuses that came and were not looked at yet. The network's thread fills it and waits for nobody.
  std::mutex inbox_mutex;
  std::deque<task::ClientStatus> inbox;
  bool drive_scheduled = false;

  const task::ClientSpec& client(int id) const { return record.spec->clients.at(static_cast<std::size_t>(id)); }
};

using TaskPtr = std::shared_ptr<LiveTask>;
using TaskLock = std::unique_lock<std::mutex>;

}  // namespace pai::master
