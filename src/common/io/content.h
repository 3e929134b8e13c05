#pragma once

#include <functional>
#include <string>

#include "common/io/files.h"

namespace pai::io {

/// Gives the descriptor back, blocking, when it is a regular file; else `fault(why)`. Files are opened with O_NONBLOCK
/// first, so that a FIFO or device under an expected name is an error and not a wait.
Result<Fd> as_regular_file(Fd fd, const std::function<Error(std::string)>& fault);

/// Reads to the end; kTooLarge over `bytes_max`. `what` begins every error.
Result<std::string> read_content(int fd, std::size_t bytes_max, const std::string& what);

}  // namespace pai::io
