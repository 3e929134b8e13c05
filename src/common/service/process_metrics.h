#pragma once

#include "common/service/metrics.h"

namespace pai::service {

/// Describes and sets pai_process_resident_bytes, pai_process_open_fds and pai_process_start_time_seconds.
void describe_process_metrics(Metrics& metrics);
void refresh_process_metrics(Metrics& metrics);

}  // namespace pai::service
