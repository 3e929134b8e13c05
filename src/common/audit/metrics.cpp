#include "common/audit/metrics.h"

namespace pai::audit {

void describe_metrics(service::Metrics& metrics) {
  using Kind = service::Metrics::Kind;
  metrics.describe("pai_audit_lines_total", Kind::kCounter, "Lines that this process added to its audit log.");
  metrics.describe("pai_audit_refusals_left_out_total", Kind::kCounter, "Refusals beyond the bound, which the audit log counts only.");
  metrics.describe("pai_audit_failures_total", Kind::kCounter, "Writes and syncs of the audit log that failed.");
  metrics.describe("pai_audit_writable", Kind::kGauge, "0 while the audit log cannot be written and changes are refused.");
}

void refresh_metrics(Log& log, service::Metrics& metrics) {
  const bool ready = log.ready().ok();
  const auto counters = log.counters();
  metrics.raise_to("pai_audit_lines_total", {}, static_cast<double>(counters.lines));
  metrics.raise_to("pai_audit_refusals_left_out_total", {}, static_cast<double>(counters.left_out));
  metrics.raise_to("pai_audit_failures_total", {}, static_cast<double>(counters.failures));
  metrics.set("pai_audit_writable", {}, ready ? 1 : 0);
}

}  // namespace pai::audit
