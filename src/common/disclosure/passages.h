#pragma once

#include <bitset>

#include "common/task/model.h"

namespace pai::disclosure {

/// Bodies of a Frame, by field number.
using Bodies = std::bitset<256>;

/// What client `from` may send to client `to` in this task: the passages that the messages declare (proto/pai/v1/disclosure.proto), with
/// the settings that `task` has. A condition on a setting that is absent, for another party's own settings stay at its node, holds.
Bodies may_pass(const task::TaskSpec& task, int from, int to);
using MayPass = Bodies (*)(const task::TaskSpec& task, int from, int to);

}  // namespace pai::disclosure
