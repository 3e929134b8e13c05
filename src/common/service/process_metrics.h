#pragma once

#include "common/service/metrics.h"

namespace pai::service {

/// Describes and sets the pai_process_… metrics.
void describe_process_metrics(Metrics& metrics);
void refresh_process_metrics(Metrics& metrics);

}  // namespace pai::service
