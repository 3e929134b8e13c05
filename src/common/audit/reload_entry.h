#pragma once

#include "common/audit/entry.h"
#include "common/base/result.h"

namespace pai::audit {

/// A reload by SIGHUP, which may change who is believed and who may do what. Only this machine's operator can send it.
Entry reload_entry(const Status& outcome);

}  // namespace pai::audit
