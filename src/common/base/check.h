#pragma once

#include <string_view>

namespace pai {

/// Writes the place and the message to stderr and aborts; never returns. (The builtins are what std::source_location is
/// made of; clang 14, which builds the fuzz targets, has them and not the class.)
[[noreturn]] void check_failed(std::string_view condition, std::string_view message,
                               const char* file = __builtin_FILE(), int line = __builtin_LINE());

}  // namespace pai

/// For what only our own bug can cause; holds in release builds too. What a user, peer, file or disk
/// can cause is a Result instead.
#define PAI_CHECK(condition, message)                           \
  do {                                                          \
    if (!(condition)) ::pai::check_failed(#condition, message); \
  } while (false)
