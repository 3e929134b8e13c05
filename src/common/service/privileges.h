#pragma once

#include <string>
#include <vector>

#include "common/base/result.h"

namespace pai::service {

/// Whether the user exists and this process could become it. kInvalid, kDenied.
Status check_user(const std::string& user);

/// Becomes the user for good: its groups, its group, its id, none of root's capabilities; checked afterwards that there is no
/// way back. `folders` are made (0700) and given to it first, when they are missing. Ok at once for one who is that user
/// already. kInvalid for an unknown user, kDenied for one that this process can't become, kIo for a folder. After an error the
/// process may be half-way: end it.
Status become_user(const std::string& user, const std::vector<std::string>& folders);

}  // namespace pai::service
