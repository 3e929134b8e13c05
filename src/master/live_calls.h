#pragma once

#include <chrono>
#include <vector>

#include "master/node_link.h"

namespace pai::master {

/// As `link.call_all`, but each node is first asked whether it lives, all at once. One that says nothing within `patience`
/// is not called: its replies are those of the question. So a node that hangs costs `patience`, not a call's deadline.
std::vector<NodeReply> call_live(NodeLink& link, const std::vector<NodeCall>& calls, std::chrono::milliseconds patience);

}  // namespace pai::master
