#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/http/client.h"
#include "common/task/model.h"
#include "master/node_link.h"

namespace pai::master {

/// A node that bounds how many clients it runs at once, and the clients of the task that it runs.
struct BoundedNode {
  std::string id;  ///< the node's own: whoever calls it, by whatever address, orders it the same way
  http::Endpoint node;
  std::vector<int> clients;
  int running_max = 0;
};

/// What a start waits for before its clients are launched.
struct Places {
  std::vector<BoundedNode> nodes;  ///< in the order of asking
  bool waiting = false;
  bool unknown = false;  ///< which nodes bound is not known: a node has not answered since the restart
  std::vector<std::optional<int>> positions;  ///< by client; 1: the next at its node
};

/// The nodes that bound what they run, ordered by their ids. Every master asks nodes in this order and goes on when it has a place, so
/// that no two tasks ever hold what the other waits for. `nodes` and `replies` are by client; a reply has `queue` if its node bounds.
/// Pure.
std::vector<BoundedNode> bounded_nodes(const std::vector<http::Endpoint>& nodes, const std::vector<NodeReply>& replies);

/// That each node may ever run as many clients as the task has there: kConflict naming it.
Status check_fits(const std::vector<BoundedNode>& nodes);

/// A node's answer to the asking: 0 when it has a place, else the position. kProtocol for an answer that does not say.
Result<int> position_in(const NodeReply& reply);

}  // namespace pai::master
