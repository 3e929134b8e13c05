#pragma once

#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/http/client.h"
#include "common/task/model.h"

namespace pai::master {

/// A node of the configuration's [[nodes]].
struct ConfiguredNode {
  std::string name;
  http::Endpoint endpoint;
};

/// Which nodes this master may contact: those of its configuration; with --insecure any on a loopback address.
class NodePolicy {
 public:
  NodePolicy(std::vector<ConfiguredNode> nodes, bool insecure) : nodes_(std::move(nodes)), insecure_(insecure) {}

  /// The endpoint of each client's node, in order. kDenied with a detail per `clients[i].addr` that is not allowed.
  Result<std::vector<http::Endpoint>> endpoints_of(const task::TaskSpec& spec) const;

  const std::vector<ConfiguredNode>& configured() const { return nodes_; }
  bool insecure() const { return insecure_; }

 private:
  std::vector<ConfiguredNode> nodes_;
  bool insecure_;
};

}  // namespace pai::master
