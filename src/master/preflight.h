#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "master/lifecycle.h"

namespace pai::master {

/// POST /preflight: whether everything that a task will need is there, asked of every node before anybody waits for one:
/// reachability, certificate days, clocks, versions, disk, and whether the nodes reach each other's computation ports.
/// With a task as `body`, its nodes and ports, and the checks of /checkTask, data files among them; without one, the
/// configured nodes, each with its first free port. The answer has `fine` and `rows`: what was looked at, where, whether
/// it is fine, and what was found. kInvalid, kDenied: the task. Bounded: 16 nodes, about 15 s.
Result<nlohmann::json> preflight(Lifecycle& lifecycle, const std::string& body);

}  // namespace pai::master
