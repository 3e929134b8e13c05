#pragma once

#include <span>

#include "common/base/result.h"
#include "common/task/model.h"
#include "master/node_link.h"

namespace pai::master {

/// Whether the data sets that the clients read belong together: all carry the alignment id of one alignment,
/// as their nodes say in `dataset` of these replies (one a client, all ok). kConflict, with a detail a client
/// that says what it has. Clients that read none don't count.
Status check_alignment(const task::TaskSpec& spec, std::span<const NodeReply> replies);

}  // namespace pai::master
