#include "common/audit/metrics.h"

namespace pai::audit {

void describe_metrics(service::Metrics& metrics) {
  metrics.describe("pai_audit_lines", "Lines that this process added to its audit log.");
  metrics.describe("pai_audit_refusals_left_out", "Refusals beyond the bound, which the audit log counts only.");
  metrics.describe("pai_audit_failures", "Writes and syncs of the audit log that failed.");
  metrics.describe("pai_audit_writable", "0 while the audit log cannot be written and changes are refused.");
}

void refresh_metrics(Log& log, service::Metrics& metrics) {
  const bool ready = log.ready().ok();
  const auto counters = log.counters();
  metrics.set("pai_audit_lines", {}, static_cast<double>(counters.lines));
  metrics.set("pai_audit_refusals_left_out", {}, static_cast<double>(counters.left_out));
  metrics.set("pai_audit_failures", {}, static_cast<double>(counters.failures));
  metrics.set("pai_audit_writable", {}, ready ? 1 : 0);
}

}  // namespace pai::audit
