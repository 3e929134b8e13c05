#pragma once

#include <vector>

#include "common/http/server.h"
#include "node/board.h"
#include "node/folders.h"
#include "node/settings.h"
#include "node/supervisor.h"

namespace pai::node::api {

/// What the routes about tasks work with; outlives the server.
struct TaskContext {
  const Settings& settings;
  Supervisor& supervisor;
  Board& board;
  const Folders& folders;
};

/// The master's calls: docs/architecture.md, "Node API".
std::vector<http::Route> task_routes(const TaskContext& context);

}  // namespace pai::node::api
