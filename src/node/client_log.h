#pragma once

#include <string_view>

#include "common/base/error.h"
#include "common/log/log.h"
#include "node/record.h"

// How this daemon's log names a client.

namespace pai::node {

log::Fields fields_of(const ClientKey& key);

void warn(std::string_view event, const ClientKey& key, const Error& error);

}  // namespace pai::node
