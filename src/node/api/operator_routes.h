#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "common/audit/log.h"
#include "common/http/server.h"
#include "common/service/metrics.h"
#include "node/api/route.h"
#include "node/folders.h"
#include "node/grant_book.h"
#include "node/process/loop.h"
#include "node/settings.h"
#include "node/slots.h"
#include "node/store.h"

namespace pai::node::api {

/// What the daemon tells its operators; outlives the server.
struct OperatorContext {
  const Settings& settings;
  Store& store;
  const Folders& folders;
  process::Loop& loop;
  service::Metrics& metrics;
  const std::atomic<bool>& draining;
  const std::atomic<std::int64_t>& certificate_not_after;  ///< Unix seconds; 0 without TLS
  audit::Log& audit;
  const GrantBook& grants;
  const Slots& slots;
};

/// /livez, /readyz, /metrics, /version.
std::vector<DeclaredRoute> operator_routes(const OperatorContext& context);

/// Names the metrics and sets the gauges at each scrape.
void describe_metrics(const OperatorContext& context);

/// Counts each answer.
http::Observer make_observer(service::Metrics& metrics);

}  // namespace pai::node::api
