#pragma once

#include "client/runtime/context.h"
#include "common/task/model.h"

namespace pai::client {

/// The role that runs a client type; nullptr for types of later releases. Adding a type is adding its folder and one line
/// in registry.cpp (and its declaration in common/task).
Role role_of(task::ClientType type);

}  // namespace pai::client
