#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <string>

#include "common/http/server.h"
#include "common/io/files.h"
#include "common/service/metrics.h"
#include "common/task/states.h"
#include "master/live_task.h"
#include "master/node_watch.h"
#include "master/store.h"

namespace pai::master {

/// The master's metrics: all are named here. docs/metrics.md lists them.
class Meter {
 public:
  /// `metrics` outlives it.
  explicit Meter(service::Metrics& metrics);

  void request(http::Method method, std::string_view route, int status, double seconds);
  void refusal(int status);
  /// A task's state changed; its mutex is held.
  void transition(const LiveTask& task, task::TaskEvent event);

  void show_tasks(Store& store);
  void show_queue(int tasks);
  void show_disk(const io::Root& data_dir);
  /// `followed`: whether nodes of tasks under way are reachable, which is known sooner than by asking them.
  void show_nodes(const std::map<std::string, NodeReading>& asked, const std::map<std::string, bool>& followed);
  void show_certificate(std::int64_t not_after);

 private:
  service::Metrics& metrics_;
};

}  // namespace pai::master
