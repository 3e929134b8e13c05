#pragma once

#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/http/client.h"
#include "common/task/model.h"
#include "master/node_link.h"

namespace pai::master {

/// The task with the computation ports that its document left out, as the nodes assign them to this attempt: they hold them as long as a
/// preparation. With `only_look` nothing is held. `nodes` is by client. The nodes' refusals as fan_out_error.
Result<task::TaskSpec> with_ports(NodeLink& link, task::TaskSpec spec, const std::vector<http::Endpoint>& nodes, const std::string& attempt,
                                  bool only_look);

/// `asked` with the ports of `known` where it left them out: whether both are the same task is told then.
task::TaskSpec with_ports_of(task::TaskSpec asked, const task::TaskSpec& known);

}  // namespace pai::master
