#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "common/base/result.h"
#include "common/task/model.h"

namespace pai::master {

// What nodes tell of their clients and users see. A node is another house: nothing of its answers is passed on as it came, but read,
// checked and put together anew. kNodeFailed for what makes no sense.

/// `msg` and `shared` of an answer to /queryLog.
Result<nlohmann::json> log_in(const nlohmann::json& document);
/// `msg` of an answer to /monitor?query=traffic.
Result<nlohmann::json> traffic_in(const nlohmann::json& document);
/// `msg` of an answer to /monitor?query=roc; null for a client without.
Result<nlohmann::json> roc_in(const nlohmann::json& document);
/// `msg` of an answer to /monitor?query=ledger.
Result<nlohmann::json> ledger_in(const nlohmann::json& document);
/// `discloses`, `approval` and `dataset` of an answer to /checkTask, as far as they are there.
Result<nlohmann::json> check_in(const nlohmann::json& document, const task::TaskSpec& spec);

}  // namespace pai::master
