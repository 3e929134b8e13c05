#pragma once

#include "common/audit/log.h"
#include "common/service/metrics.h"

namespace pai::audit {

/// Describes and sets the pai_audit_… metrics.
void describe_metrics(service::Metrics& metrics);
/// Asks the log whether it is ready, so that the gauge says so without a change.
void refresh_metrics(Log& log, service::Metrics& metrics);

}  // namespace pai::audit
