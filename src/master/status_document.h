#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "master/derive.h"
#include "master/live_task.h"

namespace pai::master {

/// What /queryStatus answers and /watchTask sends: msg, state, clients, cause, times. Mutex held.
nlohmann::json status_document(const LiveTask& task, const std::vector<ClientView>& clients);

/// The same for a name that no task has.
nlohmann::json not_exist_document(const std::string& name);

/// RFC 3339 in UTC with milliseconds, or null for 0 (not yet).
nlohmann::json time_or_null(double unix_seconds);

}  // namespace pai::master
