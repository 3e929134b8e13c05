#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "common/service/label_bound.h"
#include "common/service/metrics.h"
#include "common/task/model.h"
#include "common/task/states.h"
#include "common/task/usage.h"
#include "node/limits.h"
#include "node/record.h"

namespace pai::node {

/// What this node's clients do and cost, as metrics: they tell in state.json, and what is new of it is added here. Labels are
/// types, phases and peers' nodes, never tasks: of these there is no end. Thread-safe; does nothing that waits.
class RunMeter {
 public:
  /// `metrics` outlives it.
  explicit RunMeter(service::Metrics& metrics);

  /// The client runs. `known`: what it has told before this daemon began to count (a restart), which is not counted again.
  void begin(const ClientKey& key, const task::TaskSpec& spec, const task::Usage& known = {});
  /// Nothing for a client that did not begin.
  void report(const ClientKey& key, const task::Usage& usage);
  void end(const ClientKey& key, task::ClientState state, double seconds);
  /// A client ended by that limit.
  void over_limit(Limit limit);

 private:
  struct Run {
    std::string type;
    std::vector<std::string> peers;  ///< by client id, their nodes
    task::Usage seen;
  };
  void show_peaks();

  service::Metrics& metrics_;
  service::LabelBound phases_{40};
  service::LabelBound peers_{200};
  std::mutex mutex_;
  std::map<ClientKey, Run> runs_;
  std::map<std::string, double> last_peak_;  ///< by type, of the client that ended last
};

}  // namespace pai::node
