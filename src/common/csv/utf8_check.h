#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

namespace pai::csv {

/// Checks text that comes in pieces for well-formed UTF-8 (RFC 3629): no overlong forms, no surrogates,
/// nothing past U+10FFFF.
class Utf8Check {
 public:
  /// Offset in this piece of the first byte that can't stand there, or nothing.
  std::optional<std::size_t> feed(const char* text, std::size_t size);
  /// False while a character waits for its other bytes.
  bool complete() const { return need_ == 0; }

 private:
  bool lead(unsigned byte);

  unsigned need_ = 0;
  unsigned low_ = 0x80, high_ = 0xBF;  ///< what the next byte may be
};

}  // namespace pai::csv
