#pragma once

#include <cstdint>

#include "common/base/result.h"

namespace pai::io {

/// A folder's file system, in bytes.
struct Space {
  std::uint64_t free = 0;  ///< for this user
  std::uint64_t used = 0;  ///< by whomever
};
Result<Space> space_of(int folder_fd);

}  // namespace pai::io
