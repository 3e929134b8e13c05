#pragma once

#include <cstddef>
#include <string_view>

namespace pai::config {

/// The line of a key of absurdly many parts, or 0. toml++ builds a table in a table a part, and would run out of stack:
/// to be asked before a text is given to it.
inline std::size_t line_of_endless_key(std::string_view content) {
  constexpr int kKeyPartsMax = 200;
  std::size_t line = 1;
  int dots = 0;
  char quote = '\0';
  for (const char c : content) {
    if (c == '\n') {
      ++line;
      dots = 0;
      quote = '\0';
    } else if (quote != '\0') {
      if (c == quote) quote = '\0';
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (c == '.' && ++dots > kKeyPartsMax) {
      return line;
    }
  }
  return 0;
}

}  // namespace pai::config
