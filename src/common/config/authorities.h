#pragma once

#include <vector>

#include "common/config/settings.h"
#include "common/tls/tls.h"

namespace pai::config {

/// `[[authorities]]`: CAs that are believed for some names alone.
TableList authorities_table();
std::vector<tls::AuthorityFile> authorities_from(const Values& values);

}  // namespace pai::config
