#pragma once

#include <vector>

#include "client/channel/channel.h"
#include "client/crypto/group_key.h"
#include "common/task/task_file.h"

namespace pai::client::align {

/// Agrees with the other data clients on the key of this run (docs/protocols/alignment.md, "Group key"). main
/// takes no part. Errors: kProtocol blaming the peer whose message was wrong, and the channel's.
Result<crypto::GroupKey> agree_on_group_key(const task::TaskFile& task, Channel& channel,
                                            const std::vector<int>& parties);

}  // namespace pai::client::align
