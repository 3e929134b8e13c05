#include "common/audit/reload_entry.h"

namespace pai::audit {

Entry reload_entry(const Status& outcome) {
  return {.who = "operator",
          .credential = "signal",
          .from = "this machine",
          .method = "SIGHUP",
          .path = "reload",
          .task = "",
          .decision = outcome.ok() ? "done" : "failed",
          .code = outcome.ok() ? 200 : http_status_of(outcome.error().code()),
          .reason = outcome.ok() ? "" : outcome.error().describe(),
          .parameters = "",
          .body_sha256 = ""};
}

}  // namespace pai::audit
