#pragma once

#include "common/audit/entry.h"
#include "common/http/message.h"

namespace pai::audit {

/// What the log says of a request and its answer. `task` is what the query names, or else the body's `task_name`.
Entry entry_of(const http::Request& request, const http::Reply& reply);

}  // namespace pai::audit
