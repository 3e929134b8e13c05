#pragma once

#include <source_location>
#include <string_view>

namespace pai {

/// Writes the place and the message to stderr and aborts; never returns.
[[noreturn]] void check_failed(std::string_view condition, std::string_view message,
                               std::source_location where = std::source_location::current());

}  // namespace pai

/// For what only our own bug can cause; holds in release builds too. What a user, peer, file or disk
/// can cause is a Result instead.
#define PAI_CHECK(condition, message)                           \
  do {                                                          \
    if (!(condition)) ::pai::check_failed(#condition, message); \
  } while (false)
