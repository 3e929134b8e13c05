#pragma once

#include "common/base/result.h"
#include "common/task/model.h"

namespace pai::task {

/// Whether the task uses a model that another task made; false for every other family.
bool is_prediction(const TaskSpec& spec);

/// Whether a start can go on from a checkpoint: the task is a training that keeps some. kConflict with a
/// sentence that says why not.
Status check_resumable(const TaskSpec& spec);

}  // namespace pai::task
