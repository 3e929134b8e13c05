#pragma once

#include <functional>

#include "common/audit/log.h"
#include "node/control/server.h"
#include "node/grant_book.h"
#include "node/settings.h"
#include "node/supervisor.h"

namespace pai::node::control {

/// What the owner's commands work with; outlives the server.
struct Context {
  const Settings& settings;
  GrantBook& grants;
  Supervisor& supervisor;
  std::function<void()> grants_changed;
  audit::Log& audit;  ///< gets a line for each decision
};

/// grant_add, grant_list, grant_revoke, grant_check, policy_check, pending, approve, reject: docs/grants.md.
Handler commands(Context context);

}  // namespace pai::node::control
