#pragma once

#include <vector>

#include <nlohmann/json.hpp>

#include "node/api/route.h"
#include "node/board.h"
#include "node/folders.h"
#include "node/ledgers.h"
#include "node/settings.h"
#include "node/store.h"
#include "node/supervisor.h"

namespace pai::node::api {

/// What the routes about tasks work with; outlives the server.
struct TaskContext {
  const Settings& settings;
  Supervisor& supervisor;
  Store& store;
  Board& board;
  const Folders& folders;
  Ledgers& ledgers;
  audit::Log& audit;
};

/// `queue` of an answer: who this node is to those that order nodes, and how many clients it runs at once.
Result<nlohmann::json> queue_of(const Settings& settings, Store& store);

/// The master's calls: docs/architecture.md, "Node API".
std::vector<DeclaredRoute> task_routes(const TaskContext& context);

}  // namespace pai::node::api
